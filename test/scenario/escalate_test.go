package scenario

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const byService = `
services:
  - {name: db, escalation_policy: web, correlate: service}
`

// The five scenarios that always hold, each as it is written.

func TestHealthyServiceAndAlert(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		equal(s, "the outcome", s.fire("Down", "service=db").Outcome, "opened")
		s.is(1, "open")
		s.expect(anaPhone, "CRIT db", "#1")
		s.expect(ana, "[CRIT] db", "(#1)")
		s.nothing()
		equal(s, "the timers", s.timers(1), "escalate")
		next, _ := s.nextDue()
		equal(s, "the timeout", next, s.clock.Now().Add(15*time.Minute))
	})
}

func TestUnacknowledgedAndTimeout(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		s.fire("Down", "service=db")
		s.skip()
		s.forward(15*time.Minute - time.Second)
		s.nothing()
		s.forward(time.Second)
		s.expect(benPhone, "CRIT db", "#1")
		s.expect(ben, "(#1)")
		s.nothing()
		equal(s, "the timers", s.timers(1), "escalate")
		s.forward(15 * time.Minute) // the second pass begins with ana again
		s.expect(anaPhone, "#1")
		s.expect(ana, "#1")
		s.nothing()
	})
}

func TestAcknowledgedAndTimeout(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		s.fire("Down", "service=db")
		s.skip()
		s.ack(ana, 1)
		equal(s, "the assignee", *s.incident(1).Assignee, "Ana")
		s.forward(59 * time.Minute)
		s.nothing()
		equal(s, "the timers", s.timers(1), "ack_expire ack_remind")
	})
}

func TestUnhealthyAndAnotherAlert(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		s.fire("Down", "service=db")
		s.skip()
		due, _ := s.nextDue()
		s.forward(5 * time.Minute)
		equal(s, "the outcome", s.fire("Slow", "service=db").Outcome, "joined")
		equal(s, "the outcome", s.fire("Warm", "service=db", "severity=warning").Outcome, "joined")
		s.nothing()
		still, _ := s.nextDue()
		equal(s, "the timeout", still, due)
		equal(s, "the timers", s.timers(1), "escalate")
		equal(s, "its alerts", s.incident(1).Alerts, 3)
	})
}

func TestUnhealthyAndHealthyEventAndTimeout(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		s.fire("Down", "service=db")
		s.skip()
		s.forward(14 * time.Minute)
		s.resolve("Down", "service=db")
		s.is(1, "resolved")
		equal(s, "the timers", s.timers(1), "")
		s.forward(2 * time.Hour)
		s.nothing()
		equal(s, "unresolved incidents", len(s.incidents("status=open,acknowledged")), 0)
	})
}

func TestNobodyAnswersThenSomebodyDoes(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		s.fire("DiskFull", "service=db", "instance=db-1")
		s.expect(anaPhone, "CRIT db prod", "DiskFull is bad", "#1")
		s.expect(ana, "[CRIT] db prod: DiskFull is bad (#1)", "Ben is called at 10:15", "level 1 of web")
		s.forward(15 * time.Minute)
		s.expect(benPhone, "#1")
		s.expect(ben, "level 2 of web", "UNACKNOWLEDGED 15 min")
		s.ack(ben, 1)
		s.is(1, "acknowledged")
		s.forward(50 * time.Minute)
		s.nothing()
		s.resolve("DiskFull", "service=db", "instance=db-1")
		s.is(1, "resolved")
		s.forward(24 * time.Hour)
		s.nothing()
		s.told(1, "Ben acknowledged it")
		for _, m := range s.messages(1) {
			if m.Kind == "sms" && m.Status != "delivered" || m.Kind == "email" && m.Status != "accepted" || m.Attempt != 1 {
				t.Errorf("message %+v", m)
			}
		}
	})
}

func TestWarningIsHeldAndMayHeal(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		s.fire("Warm", "service=db", "severity=warning")
		s.forward(time.Minute)
		s.resolve("Warm", "service=db", "severity=warning")
		s.forward(time.Hour)
		s.nothing()
		s.is(1, "resolved")
		s.fire("Hot", "service=web", "severity=warning")
		s.forward(2*time.Minute - time.Second)
		s.nothing()
		s.forward(time.Second)
		s.expect(ana, "[WARN] web prod", "(#2)")
		s.nothing() // low urgency: no SMS
	})
}

func TestRaiseEndsTheHold(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		s.fire("Warm", "service=db", "severity=warning")
		s.forward(30 * time.Second)
		s.nothing()
		s.fire("Down", "service=db")
		s.expect(anaPhone, "CRIT db", "#1")
		s.expect(ana, "[CRIT] db")
		s.nothing()
		equal(s, "the severity", s.incident(1).Severity, "critical")
	})
}

func TestInfoIsRecordedAndPagesNobody(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		s.fire("Watchdog", "service=db", "severity=none")
		s.fire("Note", "service=db", "severity=info")
		s.forward(36 * time.Hour)
		s.nothing()
		for _, i := range s.incidents("") {
			equal(s, "the status", i.Status, "open")
			equal(s, "the timers", s.timers(i.Number), "look")
		}
	})
}

func TestExhaustedReachesTheFallback(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db")
		s.forward(15 * time.Minute)
		s.expect(anaPhone, "#1")
		s.expect(benPhone, "#1")
		s.nothing()
		s.forward(15 * time.Minute)
		s.expect("cleo@example.org", "(#1)", "fallback: nobody answered")
		s.nothing()
		equal(s, "exhausted", s.incident(1).Exhausted, true)
		s.forward(30*time.Minute - time.Second)
		s.nothing()
		for range 3 {
			s.forward(time.Second)
			s.expect("cleo@example.org", "(#1)")
			s.nothing()
			s.forward(30*time.Minute - time.Second)
		}
		s.ack(ben, 1)
		equal(s, "exhausted", s.incident(1).Exhausted, false)
		s.forward(50 * time.Minute)
		s.nothing()
	})
}

func TestAcknowledgementExpires(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db")
		s.forward(15 * time.Minute)
		s.ack(ben, 1)
		s.skip()
		s.forward(time.Hour)
		s.expect(benPhone, "You acknowledged this and it is not resolved")
		s.nothing()
		s.forward(3*time.Hour - time.Second)
		s.nothing()
		s.forward(time.Second)
		s.is(1, "open")
		s.expect(benPhone, "CRIT db") // who had it is in level 1 now
		s.expect(anaPhone, "CRIT db")
		s.nothing()
		s.told(1, "The acknowledgement by Ben expired")
	})
}

func TestAcknowledgingAgainRenews(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db")
		s.ack(ana, 1)
		s.skip()
		s.forward(3 * time.Hour)
		s.expect(anaPhone, "You acknowledged this")
		a := s.must(s.request(ana, http.MethodPost, "/resolve", map[string]any{"id": 1, "status": "acknowledged"}), http.StatusOK)
		if !strings.Contains(string(a.body), `"changed":false`) {
			t.Fatalf("answered %s", a)
		}
		s.forward(time.Hour)
		s.expect(anaPhone, "You acknowledged this")
		s.forward(3*time.Hour - time.Second)
		s.nothing()
		s.is(1, "acknowledged")
		s.forward(time.Second)
		s.is(1, "open")
	})
}

func TestHealthyEndpoint(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		s.fire("Down", "service=db")
		s.fire("Down", "service=db", "env=stage")
		s.fire("Down", "service=web")
		s.skip()
		s.must(s.request("", http.MethodPost, "/api/v1/services/db/healthy?environment=stage", nil), http.StatusOK)
		s.settle()
		s.is(1, "open")
		s.is(2, "resolved")
		s.must(s.request(ana, http.MethodPost, "/api/v1/services/db/healthy", nil), http.StatusOK)
		s.settle()
		s.is(1, "resolved")
		s.is(3, "open")
		// What still fires, by the same occurrence, is late for nobody: the end was ours, so it fires anew.
		equal(s, "the outcome", s.fire("Down", "service=db").Outcome, "joined")
		s.is(1, "open")
		s.must(s.request("", http.MethodPost, "/api/v1/services/nobody/healthy", nil), http.StatusNotFound)
	})
}

// Somebody who is disabled while they are the one to be told is a gap that is said, and the next are told at once.
func TestDisabledWhileOnCall(t *testing.T) {
	t.Parallel()
	const withoutAna = `users: [{email: ana@example.org, disabled: true}]`
	t.Run("before the alert", func(t *testing.T) {
		t.Parallel()
		tell(t, onlySMS, func(s *story) {
			equal(s, "apply", s.apply(withoutAna).status, http.StatusOK)
			s.fire("Down", "service=db")
			s.expect(benPhone, "CRIT db")
			s.nothing()
			s.told(1, "nobody")
		})
	})
	t.Run("after their page", func(t *testing.T) {
		t.Parallel()
		tell(t, onlySMS, func(s *story) {
			s.fire("Down", "service=db")
			s.expect(anaPhone, "CRIT db")
			equal(s, "apply", s.apply(withoutAna).status, http.StatusOK)
			s.forward(15 * time.Minute)
			s.expect(benPhone, "CRIT db")
			s.nothing()
		})
	})
}
