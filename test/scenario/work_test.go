package scenario

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// does asks for a verb on an incident as somebody and says what the server said of it.
func (s *story) does(as string, number int64, verb string, body map[string]any) string {
	s.t.Helper()
	var payload any
	if body != nil {
		payload = body
	}
	a := s.must(s.request(as, http.MethodPost, fmt.Sprintf("/api/v1/incidents/%d/%s", number, verb), payload), http.StatusOK)
	var got struct {
		Results []struct {
			Said string `json:"said"`
		} `json:"results"`
	}
	if err := json.Unmarshal(a.body, &got); err != nil || len(got.Results) == 0 {
		s.t.Fatalf("%s: %s", verb, a)
	}
	s.settle()
	return got.Results[0].Said
}

// work is what an incident says of the work on it.
type work struct {
	Status       string     `json:"status"`
	Priority     string     `json:"priority"`
	SnoozedUntil *time.Time `json:"snoozed_until"`
	Responders   []struct {
		Name     string     `json:"name"`
		Answered *time.Time `json:"answered_at"`
	} `json:"responders"`
	MergedInto *struct {
		Number int64 `json:"number"`
	} `json:"merged_into"`
	Next *struct {
		At    time.Time `json:"at"`
		What  string    `json:"what"`
		Level int       `json:"level"`
		Who   []struct {
			Name string   `json:"name"`
			By   []string `json:"by"`
		} `json:"who"`
	} `json:"next"`
}

func (s *story) work(number int64) work {
	s.t.Helper()
	var w work
	s.get(fmt.Sprintf("/api/v1/incidents/%d", number), &w)
	return w
}

// next is what comes next, in words: "in 15m0s level 2: Ben by sms+email".
func (s *story) next(number int64) string {
	s.t.Helper()
	n := s.work(number).Next
	if n == nil {
		return ""
	}
	var who []string
	for _, w := range n.Who {
		who = append(who, w.Name+" by "+strings.Join(w.By, "+"))
	}
	return fmt.Sprintf("%s in %s, level %d: %s", n.What, n.At.Sub(s.clock.Now()), n.Level, strings.Join(who, ", "))
}

func TestWhatComesNext(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		s.fire("Down", "service=db")
		equal(s, "what comes next", s.next(1), "escalate in 15m0s, level 2: Ben by sms+email")
		s.forward(10 * time.Minute)
		equal(s, "what comes next", s.next(1), "escalate in 5m0s, level 2: Ben by sms+email")
		s.ack(ana, 1)
		equal(s, "what comes next", s.next(1), "ack_remind in 1h0m0s, level 0: Ana by sms+email")
		s.resolve("Down", "service=db")
		equal(s, "what comes next", s.next(1), "")
	})
}

func TestSnoozeEndsAndPages(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		s.fire("Down", "service=db")
		s.skip()
		until := s.clock.Now().Add(8 * time.Hour)
		said := s.does(ana, 1, "snooze", map[string]any{"minutes": 480, "note": "after the backup"})
		equal(s, "the answer", said, "#1 is snoozed until 2026-03-02 18:00 UTC. Ana owns it.")
		if w := s.work(1); w.SnoozedUntil == nil || !w.SnoozedUntil.Equal(until) || w.Status != "acknowledged" {
			t.Fatalf("it is %+v", w)
		}
		equal(s, "the timers", s.timers(1), "snooze")
		s.forward(8*time.Hour - time.Second)
		s.nothing()
		s.forward(time.Second)
		s.is(1, "open")
		s.expect(anaPhone, "#1")
		s.expect(ana, "#1")
		s.nothing()
		s.forward(15 * time.Minute)
		s.expect(benPhone, "#1")
		s.told(1, "Ana snoozed it until 2026-03-02 18:00 UTC: after the backup")
	})
}

func TestPassOnAndReassign(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		s.fire("Down", "service=db")
		s.forward(time.Minute)
		s.skip()
		equal(s, "the answer", s.does(ana, 1, "pass-on", nil), "#1 is open: paging goes on.")
		s.expect(benPhone, "#1")
		s.expect(ben, "#1")
		s.nothing()
		s.ack(ben, 1)
		s.forward(5 * time.Minute)
		s.does(ben, 1, "reassign", map[string]any{"to": map[string]string{"user": "cleo@example.org"}, "note": "you know this best"})
		s.is(1, "open")
		s.expect("cleo@example.org", "#1")
		s.nothing()
		s.forward(15 * time.Minute)
		s.expect(benPhone, "#1") // level 2 of the policy
		a := s.request(ben, http.MethodPost, "/api/v1/incidents/1/reassign", map[string]any{"to": map[string]string{"user": "nobody"}})
		equal(s, "the code", a.code(), "user.not_found")
	})
}

func TestTakeOver(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		s.fire("Down", "service=db")
		s.ack(ana, 1)
		s.forward(time.Minute)
		s.skip()
		equal(s, "the answer", s.does(ben, 1, "take-over", nil), "#1 is acknowledged. Ben owns it since 10:01 UTC.")
		equal(s, "the answer", s.does(ben, 1, "take-over", nil), "#1 is acknowledged. Ben owns it since 10:01 UTC. Nothing to do.")
		s.forward(time.Minute)
		s.expect(ana, "#1") // an update, by mail: it asks for no answer
		s.nothing()
	})
}

func TestMerge(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		s.fire("Warm", "service=db", "severity=error")
		s.forward(2 * time.Minute)
		s.fire("Down", "service=api")
		s.forward(time.Minute)
		s.skip()
		a := s.must(s.request(ana, http.MethodPost, "/api/v1/incidents/1/merge", map[string]any{"with": []int{2}}), http.StatusOK)
		if !strings.Contains(string(a.body), "#1 goes on in #2") {
			t.Fatalf("answered %s", a)
		}
		s.settle()
		s.is(1, "resolved")
		equal(s, "where it goes on", s.work(1).MergedInto.Number, 2)
		equal(s, "the timers", s.timers(1), "")
		s.forward(12*time.Minute - time.Second) // ana had 15 min from when #2 was opened
		s.skip()
		equal(s, "its alerts", s.incident(2).Alerts, 2)
		s.ack(ana, 1) // its number means the other one now
		s.is(2, "acknowledged")
		equal(s, "what joins", s.fire("Hot", "service=db", "severity=error").Incident, "2") // by the key of #1
		s.resolve("Down", "service=api")
		s.resolve("Hot", "service=db", "severity=error")
		s.is(2, "acknowledged")
		s.resolve("Warm", "service=db", "severity=error")
		s.is(2, "resolved")
		s.is(1, "resolved")
		a = s.request(ana, http.MethodPost, "/api/v1/incidents/1/merge", map[string]any{"with": []int{2}})
		equal(s, "the code", a.code(), "incident.merge_same")
	})
}

func TestAResponderHelpsAndStops(t *testing.T) {
	t.Parallel()
	tell(t, strings.Replace(twoPeople+byService, `rules: {high: [{contact: phone}, {contact: mail}], low: [{contact: mail}]}}
  - {email: cleo`, `rules: {high: [{contact: phone}, {after: 5m, contact: mail}], low: [{contact: mail}]}}
  - {email: cleo`, 1), func(s *story) {
		s.fire("Down", "service=db")
		s.ack(ana, 1)
		s.forward(time.Minute)
		s.skip()
		s.does(ana, 1, "responders", map[string]any{"to": map[string]string{"user": ben}, "note": "you know the disks"})
		s.expect(benPhone, "#1")
		s.nothing()
		s.is(1, "acknowledged")
		s.forward(time.Minute)
		s.does(ben, 1, "stop-paging", nil)
		s.forward(30 * time.Minute) // his mail would have come after 5 min
		s.nothing()
		if r := s.work(1).Responders; len(r) != 1 || r[0].Name != "Ben" || r[0].Answered == nil {
			t.Fatalf("responders: %+v", r)
		}
		a := s.request(ben, http.MethodPost, "/api/v1/incidents/1/stop-paging", nil)
		equal(s, "the code", a.code(), "incident.not_a_responder")
	})
}

func TestPageNow(t *testing.T) {
	t.Parallel()
	tell(t, twoPeople+byService, func(s *story) {
		page := map[string]any{"title": "The shop is empty", "text": "customers call", "to": []map[string]string{{"user": ben}}, "priority": "P2"}
		a := s.must(s.request("cleo@example.org", http.MethodPost, "/api/v1/incidents", page), http.StatusCreated)
		s.settle()
		if !strings.Contains(string(a.body), "#1 is open: paging goes on.") {
			t.Fatalf("answered %s", a)
		}
		s.expect(benPhone, "CRIT", "The shop is empty", "#1")
		s.expect(ben, "The shop is empty")
		s.nothing()
		equal(s, "what comes next", s.next(1), "escalate in 15m0s, level 2: Ben by sms+email")
		equal(s, "those of P2", len(s.incidents("priority=P2")), 1)
		equal(s, "those of P1", len(s.incidents("priority=P1")), 0)
		s.ack(ben, 1)
		s.forward(time.Minute)
		s.say(ben, "resolved", 1)
		s.does(ben, 1, "reopen", nil)
		s.is(1, "acknowledged")
		page["to"] = []map[string]string{{"team": "nobody"}}
		equal(s, "the code", s.request("", http.MethodPost, "/api/v1/incidents", page).code(), "team.not_found")
	})
}
