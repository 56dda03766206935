package scenario

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
)

// called is Ana, who is called at once, and Ben, who gets a text when nobody answers.
const called = `
settings: {default_policy: ops}
users:
  - email: ana@example.org
    name: Ana
    contacts: [{name: call, kind: voice, to: "+34600000001"}, {name: mail, kind: email, to: ana@example.org}]
    rules: {high: [{contact: call}, {after: 10m, contact: mail}], low: [{contact: mail}]}
  - email: ben@example.org
    name: Ben
    contacts: [{name: phone, kind: sms, to: "+34600000002"}]
    rules: {high: [{contact: phone}], low: [{contact: phone}]}
escalation_policies:
  - {name: ops, repeat: 0, levels: [{ack_timeout: 15m, targets: [{user: ana@example.org}]}, {ack_timeout: 15m, targets: [{user: ben@example.org}]}]}
services: [{name: db}]
integrations: [{name: main, kind: alertmanager, key_env: KEY_MAIN}]
`

// rings is the newest call, which must be the n-th.
func (s *story) rings(n int) channeltest.Call {
	s.t.Helper()
	s.settle()
	calls := s.sms.Calls().Taken()
	if len(calls) != n {
		s.t.Fatalf("%d calls, want %d", len(calls), n)
	}
	return calls[n-1]
}

func (s *story) pickUp(c channeltest.Call, by string) channeltest.TwiML {
	s.t.Helper()
	heard, err := s.sms.Calls().PickUp(s.t.Context(), c.SID, by)
	if err != nil {
		s.t.Fatal(err)
	}
	s.settle()
	return heard
}

func (s *story) pressKey(c channeltest.Call, heard channeltest.TwiML, key string) channeltest.TwiML {
	s.t.Helper()
	heard, err := s.sms.Calls().Press(s.t.Context(), c.SID, heard, key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.settle()
	return heard
}

const spoken = "Rouse. Critical. db, prod. Down is bad, since 10:00. Press 1 to acknowledge, 2 to pass it to Ben, star to repeat."

func TestACallIsAnsweredByKeys(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]struct{ said, status string }{
		"1": {"Acknowledged number 1 db 10:00. You own it.", "acknowledged"},
		"2": {"Passed on number 1 db 10:00. The next level is called now.", "open"},
		"9": {"Resolved number 1 db 10:00.", "resolved"},
		"*": {spoken, "open"},
		"7": {"Not understood, nothing changed. Press 1 to acknowledge, 2 to pass on, 9 to resolve, star to repeat.", "open"},
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			tell(t, called, func(s *story) {
				s.fire("Down", "service=db")
				c := s.rings(1)
				heard := s.pickUp(c, "human")
				equal(s, "what is said", strings.Join(heard.Say, "|"), spoken+"|Not acknowledged. Ben is next at 10:15.")
				s.is(1, "open") // whoever picks up has acknowledged nothing
				then := s.pressKey(c, heard, key)
				equal(s, "what is said then", then.Say[0], want.said)
				equal(s, "whether a key is waited for", then.Action != "", key == "*" || key == "7")
				s.is(1, want.status)
				if key == "2" {
					s.expect(benPhone, "CRIT db")
				}
				if key == "1" {
					equal(s, "what is said of it again", s.pressKey(c, heard, "1").Say[0], "number 1 already acknowledged by you. Nothing to do.")
				}
			})
		})
	}
}

// A voicemail is told, takes no key and acknowledges nothing; nor does a call that nobody answers. The next step is due.
func TestNobodyAnswersACall(t *testing.T) {
	t.Parallel()
	tell(t, called, func(s *story) {
		for i, what := range []string{"machine_end_beep", "busy", "no-answer"} {
			s.fire(what, "service=db", "severity=critical", "environment="+what)
			c := s.rings(i + 1)
			if i == 0 {
				heard := s.pickUp(c, what)
				if heard.Action != "" || !strings.Contains(heard.Say[0], "Nobody has acknowledged it.") {
					t.Errorf("a voicemail hears %+v", heard)
				}
				s.pressKey(c, channeltest.TwiML{Action: c.URL}, "1") // its greeting sounds like a key
				s.is(1, "open")
				if err := s.sms.Calls().HangUp(t.Context(), c.SID); err != nil {
					t.Fatal(err)
				}
			} else if err := s.sms.Calls().Unanswered(t.Context(), c.SID, what); err != nil {
				t.Fatal(err)
			}
			s.settle()
			s.is(int64(i+1), "open")
			s.expect("ana@example.org", "[CRIT] db")
			s.forward(3 * time.Minute)
		}
	})
}

// A phone that rings would be busy: what comes meanwhile waits for the end of the call, and is one call then.
func TestACallWaitsForTheEndOfAnother(t *testing.T) {
	t.Parallel()
	tell(t, called, func(s *story) {
		s.fire("Down", "service=db")
		c := s.rings(1)
		s.forward(5 * time.Second)
		s.fire("Full", "service=disk", "severity=critical")
		s.fire("Slow", "service=web", "severity=critical")
		s.forward(10 * time.Second)
		s.rings(1)
		if err := s.sms.Calls().Unanswered(t.Context(), c.SID, "no-answer"); err != nil {
			t.Fatal(err)
		}
		s.forward(time.Second)
		heard := s.pickUp(s.rings(2), "human")
		equal(s, "what is said", heard.Say[0], "Rouse. 2 incidents, 2 critical: disk, web. Press 1 to acknowledge these 2, 2 to pass them on, star to repeat.")
		s.forward(time.Minute)
		s.rings(2)
	})
}

// A server that Twilio cannot call hears all the same what became of a call.
func TestACallIsAskedFor(t *testing.T) {
	t.Parallel()
	tell(t, called, func(s *story) {
		s.fire("Down", "service=db")
		c := s.rings(1)
		s.sms.Calls().Stands(c.SID, "ringing", "")
		s.ask()
		equal(s, "the message", s.messageTo(c.To), "accepted")
		s.nothing()
		s.sms.Calls().Stands(c.SID, "completed", "machine_end_beep")
		s.ask()
		equal(s, "the message", s.messageTo(c.To), "failed")
		s.expect("ana@example.org", "[CRIT] db")
		s.is(1, "open")
	})
}

// What Twilio does not take goes out by Telnyx at once, is reported and answered there; /ready says who fails.
func TestTelnyxTakesOver(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		other := channeltest.NewTelnyx(t)
		s.config.TelnyxURL = other.URL()
		s.restart()
		s.sms.Always(channeltest.Unavailable())
		s.fire("Down", "service=db")
		s.settle()
		m := other.Taken()[0]
		if m.To != anaPhone || !strings.Contains(m.Body, "CRIT db") || strings.Contains(m.Body, "may repeat") || len(s.sms.Taken()) != 0 {
			t.Errorf("Telnyx took %+v, Twilio %+v", m, s.sms.Taken())
		}
		post := func(path string, body []byte, want int) {
			t.Helper()
			if status, err := other.Post(t.Context(), path, body, s.clock.Now()); err != nil || status != want {
				t.Fatalf("%s was answered %d, %v", path, status, err)
			}
			s.settle()
		}
		forged := m
		forged.SID = "40385f64-5717-4562-b3fc-999999999999"
		post(m.Callback, channeltest.TelnyxEvent("message.finalized", forged, "delivered"), http.StatusNoContent) // of another message
		equal(s, "the message", s.messageTo(anaPhone), "accepted")
		post(m.Callback, channeltest.TelnyxEvent("message.finalized", m, "delivered"), http.StatusNoContent)
		post(m.Callback, channeltest.TelnyxEvent("message.sent", m, "sent"), http.StatusNoContent)
		equal(s, "the message", s.messageTo(anaPhone), "delivered")
		reply := channeltest.SMS{SID: "in-1", From: anaPhone, To: channeltest.TelnyxFrom, Body: "1", Inbound: true}
		body := channeltest.TelnyxEvent("message.received", reply, "delivered")
		post(s.server.URL+"/callbacks/telnyx", body, http.StatusNoContent)
		post(s.server.URL+"/callbacks/telnyx", body, http.StatusNoContent) // Telnyx brings it again where we were slow
		s.is(1, "acknowledged")
		if sent := other.Taken(); len(sent) != 2 || sent[1].Body != "Acked #1 db 10:00. You own it." || sent[1].To != anaPhone {
			t.Errorf("Telnyx sent %+v", sent)
		}
		for _, service := range []string{"a", "b"} {
			s.forward(2 * time.Minute)
			s.fire("Down", "service="+service)
		}
		if ready := s.request("-", http.MethodGet, "/ready", nil); !strings.Contains(ready.String(), "sms by Twilio fails since 2026-03-02 10:03 UTC, others are asked first: Twilio answered 503") {
			t.Errorf("/ready says %s", ready)
		}
		if kinds := s.request("", http.MethodGet, "/api/v1/channel-kinds", nil); !strings.Contains(kinds.String(), `"failing":true`) {
			t.Errorf("the kinds are %s", kinds)
		}
	})
}

// What Twilio took and never reported of goes out by Telnyx, once. Telnyx, which cannot call this server, is asked what became
// of it; what all that cost is counted.
func TestTelnyxSendsWhatTwilioTookInSilence(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		other := channeltest.NewTelnyx(t)
		s.config.TelnyxURL, _, _ = strings.Cut(other.URL(), "?")
		s.config.TelnyxURL += "?from=" + url.QueryEscape(channeltest.TelnyxFrom) + "&price=0.004USD"
		s.silent = true
		s.restart()
		s.fire("Down", "service=db")
		s.settle()
		if len(s.sms.Taken()) != 1 || len(other.Taken()) != 0 {
			t.Fatalf("Twilio took %d, Telnyx %d", len(s.sms.Taken()), len(other.Taken()))
		}
		s.forward(59 * time.Second)
		if len(other.Taken()) != 0 {
			t.Error("Telnyx sends too early")
		}
		s.forward(2 * time.Second)
		if got := other.Taken(); len(got) != 1 || got[0].To != anaPhone || !strings.HasPrefix(got[0].Body, "(may repeat) CRIT db") || got[0].Callback != "" {
			t.Fatalf("Telnyx took %+v", got)
		}
		equal(s, "the message", s.messageTo(anaPhone), "accepted")
		other.Stands(other.Taken()[0].SID, "delivered")
		s.ask()
		equal(s, "the message", s.messageTo(anaPhone), "delivered")
		s.forward(5 * time.Minute)
		if len(s.sms.Taken()) != 1 || len(other.Taken()) != 1 {
			t.Errorf("Twilio took %d, Telnyx %d", len(s.sms.Taken()), len(other.Taken()))
		}
		usage := s.request("", http.MethodGet, "/api/v1/usage?day=2026-03-02", nil)
		for _, words := range []string{`"day":"2026-03-02"`, `"kind":"sms"`, `"provider":"Telnyx"`, `"provider":"Twilio"`, `"messages":1`, `"paid":true`, `"cost":0.004`, `"currency":"USD"`} {
			if !strings.Contains(usage.String(), words) {
				t.Errorf("%s is not in %s", words, usage)
			}
		}
	})
}

// messageTo is where the newest message to an address stands.
func (s *story) messageTo(to string) (status string) {
	s.t.Helper()
	row := s.db.QueryRowContext(s.t.Context(), `SELECT status FROM message WHERE address = $1 ORDER BY created_at DESC LIMIT 1`, to)
	if err := row.Scan(&status); err != nil {
		s.t.Fatal(err)
	}
	return status
}
