package scenario

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// An urgent page rings in Pushover until somebody answers, there or elsewhere.
func TestPushoverRingsUntilSomebodyAnswers(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := "sqlite:" + filepath.Join(t.TempDir(), "rouse.db")
			if engine == "postgres" {
				url = testkit.Postgres(t)
			}
			f := channeltest.NewPushover(t)
			yaml := strings.Replace(twoPeople, `contacts: [{name: phone, kind: sms, to: "+34600000001"}`, `contacts: [{name: phone, kind: pushover, to: `+channeltest.PushoverUser+`}`, 1)
			s := newStory(t, url, yaml, func(s *story) {
				s.config.PushoverURL = strings.Replace(f.URL(), "http://", "http://"+channeltest.PushoverToken+"@", 1)
			})
			ringing := func(want ...string) {
				t.Helper()
				if got := f.Ringing(); !slices.Equal(got, want) {
					t.Fatalf("receipts are %q, want %q", got, want)
				}
			}
			ask := func() {
				t.Helper()
				if err := s.app.AskForReplies(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.settle()
			}
			s.fire("Down", "service=db")
			ringing("ringing")
			ask()
			s.is(1, "open")
			f.AcknowledgeThere()
			f.RefuseReceipts(true)
			ask() // Pushover is away: it is asked again
			s.is(1, "open")
			f.RefuseReceipts(false)
			ask()
			s.is(1, "acknowledged")
			equal(s, "who owns it", *s.incident(1).Assignee, "Ana")
			if last := f.Taken()[len(f.Taken())-1]; !strings.Contains(last.Body, "Acked #1") || last.Fields["priority"] != "0" {
				t.Errorf("who acknowledged there is told %+v", last)
			}
			n := len(f.Taken())
			ask() // and no more of it
			if len(f.Taken()) != n {
				t.Errorf("told again: %+v", f.Taken()[n:])
			}
			s.skip()
			s.forward(time.Minute)
			s.fire("Down", "service=shop")
			ringing("acknowledged", "ringing")
			s.ack(ben, 2)
			ask()
			ringing("acknowledged", "canceled")
			s.skip()
		})
	}
}
