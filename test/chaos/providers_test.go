package chaos

import (
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/test/binary"
)

// TestProvidersDie takes every provider away while pages go out: nobody listens, connections end, and at last
// they are taken and nothing is ever said. Then all are back.
func TestProvidersDie(t *testing.T) {
	t.Parallel()
	onEach(t, "", func(t *testing.T, databaseURL string) {
		s := newStorm(t, binary.New, databaseURL, few(12, 60))
		sms, smsURL := newLine(t, s.sms.URL())
		mail, mailURL := newLine(t, s.mail.URL())
		s.Env = append(s.Env, "ROUSE_TWILIO_URL="+smsURL, "ROUSE_SMTP_URL="+mailURL)
		s.Start(t)
		done := s.blow(t, s.requests(), few(6*time.Second, 40*time.Second))
		for range few(1, 5) {
			for _, l := range []line{sms, mail} {
				l.Stop()
			}
			time.Sleep(time.Second)
			for _, l := range []line{sms, mail} {
				if err := l.Start(); err != nil {
					t.Fatal(err)
				}
				l.ill(t, "reset_peer", "downstream", `"timeout": 20`) // when the request has arrived
			}
			time.Sleep(time.Second)
			for _, l := range []line{sms, mail} {
				l.well()
				l.ill(t, "timeout", "downstream", `"timeout": 0`)
			}
			time.Sleep(few(2*time.Second, 12*time.Second)) // longer than a send takes
			for _, l := range []line{sms, mail} {
				l.well()
			}
		}
		<-done
		if s.sms.Attempts()+s.mail.Attempts() == 0 {
			t.Error("nobody was called: this proves little")
		}
		s.everything(t)
	})
}

// TestProvidersMisbehave answers the first attempts in every way that is not a refusal for good.
func TestProvidersMisbehave(t *testing.T) {
	t.Parallel()
	onEach(t, "", func(t *testing.T, databaseURL string) {
		s := newStorm(t, binary.New, databaseURL, few(12, 100))
		replies := func() (out []channeltest.Reply) {
			for range s.services / 12 {
				out = append(out, channeltest.TryLater(time.Second), channeltest.Unavailable(), channeltest.AcceptThenDrop(),
					channeltest.Accept(), channeltest.Hang(), channeltest.AcceptThenHang())
			}
			s.rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
			return out
		}
		s.sms.Script(replies()...)
		s.mail.Script(replies()...)
		s.Start(t)
		<-s.blow(t, s.requests(), 2*time.Second)
		s.everything(t)
		if got := s.Metric(t, "rouse_page_duplicate_possible_total"); got == 0 {
			t.Error("no mail was sent again after an answer that never came, or it was not counted")
		}
	})
}

// TestTerm ends the server in order, again and again: unlike a kill, that leaves nothing in doubt.
func TestTerm(t *testing.T) {
	t.Parallel()
	onEach(t, "", func(t *testing.T, databaseURL string) {
		s := newStorm(t, binary.New, databaseURL, few(20, 200))
		s.Start(t)
		done := s.blow(t, s.requests(), few(4*time.Second, 60*time.Second))
		stops := 0
		for calm := false; !calm; {
			select {
			case <-done:
				calm = true
			case <-time.After(time.Duration(30+s.rng.IntN(700)) * time.Millisecond):
				s.Stop(t)
				s.Start(t)
				stops++
			}
		}
		if stops < 3 {
			t.Errorf("only %d stops: this proves little", stops)
		}
		s.everything(t)
		for _, m := range s.allMessages(t) {
			if m.MayRepeat || s.arrived(m) != 1 {
				t.Errorf("message %+v arrived %d times", m, s.arrived(m))
			}
		}
	})
}

// TestTimersLost deletes timers of a running server: whoever has no future gets one back, and it is said.
func TestTimersLost(t *testing.T) {
	t.Parallel()
	onEach(t, "", func(t *testing.T, databaseURL string) {
		s := newStorm(t, binary.New, databaseURL, 20)
		s.Start(t)
		<-s.blow(t, s.requests(), time.Second)
		s.everyPage(t)
		db := openDatabase(t, databaseURL)
		before := db.count(t, "SELECT count(*) FROM timer WHERE incident > 0")
		db.exec(t, "DELETE FROM timer WHERE incident % 3 <> 0")
		lost := before - db.count(t, "SELECT count(*) FROM timer WHERE incident > 0")
		if lost < 5 {
			t.Fatalf("%d of %d timers were deleted: this proves little", lost, before)
		}
		began := time.Now()
		binary.Eventually(t, 30*time.Second, "every timer is back", func() bool {
			return db.count(t, "SELECT count(*) FROM timer WHERE incident > 0") >= before
		})
		t.Logf("%d timers are back after %s", lost, time.Since(began).Round(time.Millisecond))
		if n := s.Metric(t, "rouse_audit_repaired_total"); n != lost {
			t.Errorf("%d timers were lost and %d repairs counted", lost, n)
		}
		if !strings.Contains(s.Log(), "entry=repaired") {
			t.Error("the log does not tell of repairs")
		}
	})
}
