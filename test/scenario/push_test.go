package scenario

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
)

// device subscribes a browser as somebody, in place of an earlier contact of theirs.
func (s *story) device(who string, f *channeltest.WebPush, replaces string) (contact string) {
	s.t.Helper()
	body := map[string]any{"name": "Chrome on Android", "subscription": json.RawMessage(f.Address()), "replaces": replaces}
	a := s.must(s.request(who, http.MethodPost, "/api/v1/devices", body), http.StatusCreated)
	var c struct{ ID, To string }
	if err := json.Unmarshal(a.body, &c); err != nil || c.To != "127.0.0.1" || strings.Contains(string(a.body), "secret-device") {
		s.t.Fatalf("got %s", a)
	}
	return c.ID
}

// contacts of somebody, as everybody sees them.
func (s *story) contacts(who string) map[string]struct {
	Name, Trouble string
	Stopped       bool
} {
	s.t.Helper()
	var u struct {
		Contacts []struct {
			ID, Name, Trouble string
			Stopped           bool
		}
	}
	s.get("/api/v1/users/"+who, &u)
	out := map[string]struct {
		Name, Trouble string
		Stopped       bool
	}{}
	for _, c := range u.Contacts {
		out[c.ID] = struct {
			Name, Trouble string
			Stopped       bool
		}{c.Name, c.Trouble, c.Stopped}
	}
	return out
}

func pushes(s *story, f *channeltest.WebPush, n int) []channeltest.Seen {
	s.t.Helper()
	s.settle()
	seen := f.Seen()
	if len(seen) != n {
		s.t.Fatalf("%d notifications, not %d: %+v", len(seen), n, seen)
	}
	return seen
}

// A browser is a person's contact from the moment that it subscribes, until its push service is done with it: then it is
// marked, the other steps go on, and subscribing again makes it the same contact.
func TestADeviceComesAndGoes(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		f := channeltest.NewWebPush(t)
		id := s.device(ana, f, "")
		s.fire("Down", "service=db")
		if got := pushes(s, f, 1); !strings.HasPrefix(got[0].Line, "CRIT db · prod: ") {
			t.Errorf("got %q", got[0].Line)
		}
		s.expect(anaPhone, "CRIT db")
		s.ack(ana, 1)

		f.Script(channeltest.Status(http.StatusGone, 0))
		s.forward(2 * time.Minute)
		s.fire("Down", "service=web")
		s.expect(anaPhone, "CRIT web")
		c := s.contacts(ana)[id]
		if !c.Stopped || !strings.Contains(c.Trouble, "ended the subscription") {
			t.Errorf("the contact is %+v", c)
		}
		s.ack(ana, 2)
		s.forward(2 * time.Minute)
		s.fire("Down", "service=app") // nothing is sent there any more
		s.expect(anaPhone, "CRIT app")
		pushes(s, f, 1)

		s.must(s.apply(onlySMS), http.StatusOK) // documents know nothing of devices, and leave them alone
		again := channeltest.NewWebPush(t)
		if got := s.device(ana, again, id); got != id {
			t.Errorf("the device became another contact: %s", got)
		}
		if c := s.contacts(ana)[id]; c.Stopped || c.Trouble != "" {
			t.Errorf("the contact is %+v", c)
		}
	})
}

// Who signs in at a device that was somebody else's is the one who is told there.
func TestADeviceIsOnePersons(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		f := channeltest.NewWebPush(t)
		first := s.device(ana, f, "")
		s.device(ben, f, "")
		if c := s.contacts(ana)[first]; !c.Stopped || c.Trouble != "this device is Ben's now" {
			t.Errorf("the contact is %+v", c)
		}
		s.fire("Down", "service=db")
		s.expect(anaPhone, "CRIT db")
		pushes(s, f, 0)
		s.forward(15 * time.Minute)
		pushes(s, f, 1)
		if a := s.request("", http.MethodPost, "/api/v1/devices", map[string]any{"name": "x", "subscription": json.RawMessage(f.Address())}); a.code() != "device.nobody" {
			t.Errorf("got %s", a)
		}
		if a := s.request(ana, http.MethodPost, "/api/v1/devices", map[string]any{"name": "x", "subscription": map[string]any{"endpoint": "http://push.example.org/x", "keys": map[string]any{"auth": "x", "p256dh": "x"}}}); a.code() != "channel.to" {
			t.Errorf("got %s", a)
		}
	})
}

// The key that browsers subscribe to is the database's: another start, or another server, has the same.
func TestTheKeyOfNotificationsStays(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		key := func() (out struct{ Key string }) {
			s.get("/api/v1/push-key", &out)
			return out
		}
		before := key()
		s.restart()
		if len(before.Key) != 87 || key() != before {
			t.Errorf("%q became %q", before, key())
		}
	})
}
