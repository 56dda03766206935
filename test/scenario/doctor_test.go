package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/wire"
)

// The doctor names people as people know them, promises only what it saw, says what cannot come in, and sends nobody to itself.
func TestTheDoctorSpeaksToPeople(t *testing.T) {
	t.Parallel()
	slack, gateway, push := channeltest.NewSlack(t), channeltest.NewGateway(t), channeltest.NewPushover(t)
	push.UseUp(1793491200)
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	if err := os.WriteFile(file, []byte("name: The box\nurl: "+gateway.URL()+"\nbody: '{}'"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "rouse.db"), onlySMS, func(s *story) {
		s.config.SlackURL, s.config.SMSGateway, s.config.PaidPerPerson = slack.URL(""), file, 1
		s.config.PushoverURL = strings.Replace(push.URL(), "://", "://"+channeltest.PushoverToken+"@", 1)
		s.clock.set(time.Now()) // the doctor's is the database's
	})
	if !strings.Contains(s.log.String(), "no button and no command of Slack's comes in") {
		t.Error("the log does not say that Slack cannot call")
	}
	s.fire("Down", "service=db")
	s.expect(anaPhone, "CRIT db")
	s.doctorSays("quota", "Ana: 1 of 1 messages that cost money are used today")
	s.doctorSays("sms", "Twilio answers and lets us in")
	s.doctorSays("sms", "The box answers; whether it lets us in shows only a message")
	for _, sym := range s.doctorSays("pushover", "used up until 2026-11-01 00:00 UTC") {
		if sym.Check == "pushover" && strings.Contains(sym.Do, "ROUSE_PUSHOVER_URL") {
			t.Errorf("the doctor says %+v", sym)
		}
	}
	s.doctorSays("slack", "no button and no command of Slack's comes in")
}

// What a server says of its providers leads to the doctor; who is there is not sent again.
func TestTheDoctorSendsNobodyToTheDoctor(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.sms.Always(channeltest.Unavailable())
		s.fire("Down", "service=db")
		s.forward(5 * time.Minute)
		s.ready("channels", false, "sms fails")
		s.ready("channels", false, ": `rouse doctor` on the server's machine says why")
		for _, sym := range s.doctorSays("channels", "sms fails") {
			if sym.Check == "channels" && strings.Contains(sym.Words, "rouse doctor") {
				t.Errorf("the doctor says %+v", sym)
			}
		}
	})
}

// doctorSays looks for what the doctor says of something.
func (s *story) doctorSays(check, words string) (found []wire.Symptom) {
	s.t.Helper()
	found = wire.Doctor(s.t.Context(), s.config)
	for _, sym := range found {
		if sym.Check == check && strings.Contains(sym.Words, words) {
			return found
		}
	}
	s.t.Errorf("the doctor does not say %q of %s: %+v", words, check, found)
	return found
}
