package scenario

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDoubtfulAlertFiresAnewUnlessCancelled(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		a := s.alert("Down", "service=db")
		gone := s.alert("Down", "service=web")
		s.send(a, gone)
		s.ack(ana, 1)
		s.ack(ana, 2)
		s.skip()
		s.forward(time.Minute)
		s.send(s.over("Down", "service=db"), s.over("Down", "service=web"))
		s.is(1, "resolved")
		s.forward(20 * time.Minute) // past the reopen window
		for _, r := range s.send(a, gone) {
			equal(s, "the outcome", r.Outcome, "doubtful")
		}
		s.nothing()
		s.forward(3 * time.Minute)
		end := gone
		end.Status, end.EndsAt = "resolved", s.clock.Now()
		s.send(end)
		s.forward(3*time.Minute - time.Millisecond)
		s.nothing()
		s.forward(time.Millisecond)
		s.expect(anaPhone, "CRIT db")
		s.told(3, "may be stale")
		equal(s, "incidents", len(s.incidents("")), 3)
		s.nothing()
		s.ack(ana, 3)
		// Nobody says that it is over, and nobody repeats it: after 24 h silence ends it.
		s.forward(24*time.Hour - time.Millisecond)
		equal(s, "unresolved incidents", len(s.incidents("status=open,acknowledged")), 1)
		s.forward(time.Millisecond)
		equal(s, "unresolved incidents", len(s.incidents("status=open,acknowledged")), 0)
	})
}

func TestLateAlertIsRecordedOnly(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		a := s.alert("Down", "service=db")
		s.forward(time.Minute)
		equal(s, "the outcome", s.send(s.over("Down", "service=db"))[0].Outcome, "resolved")
		for range 3 {
			equal(s, "the outcome", s.send(a)[0].Outcome, "late")
			s.forward(110 * time.Second)
		}
		equal(s, "incidents", len(s.incidents("")), 0)
		s.forward(time.Minute) // received again 6 min after it was late for the first time
		equal(s, "the outcome", s.send(a)[0].Outcome, "doubtful")
		s.forward(6 * time.Minute)
		s.expect(anaPhone, "CRIT db")
		s.nothing()
	})
}

func TestTwinsAndRepeatsAreOneOccurrence(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		a := s.alert("Down", "service=db")
		outcomes := []string{}
		for range 3 {
			for _, r := range s.send(a, a) {
				outcomes = append(outcomes, r.Outcome)
			}
		}
		equal(s, "the outcomes", strings.Join(outcomes, " "), "opened refreshed refreshed refreshed refreshed refreshed")
		s.expect(anaPhone, "CRIT db")
		s.nothing()
		equal(s, "its alerts", s.incident(1).Alerts, 1)
		equal(s, "duplicates", s.metric("rouse_alert_duplicates_total"), 5)
	})
}

func TestReopenWithinTheWindow(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db")
		s.ack(ana, 1)
		s.forward(5 * time.Minute)
		s.resolve("Down", "service=db")
		s.skip()
		s.forward(5 * time.Minute)
		equal(s, "the outcome", s.fire("Down", "service=db").Outcome, "joined")
		s.is(1, "acknowledged") // who had it an hour ago at most is paged, nobody else
		s.expect(anaPhone, "CRIT db")
		s.forward(20 * time.Minute)
		s.nothing()
		s.resolve("Down", "service=db")
		s.forward(15*time.Minute + time.Second)
		s.fire("Down", "service=db")
		equal(s, "incidents", len(s.incidents("")), 2)
	})
}

func TestOneBadAlertOf50(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		var alerts []any
		for i := range 50 {
			if i == 17 {
				alerts = append(alerts, map[string]any{"status": "firing", "annotations": map[string]string{"summary": "who am I?"}})
				continue
			}
			alerts = append(alerts, s.alert("Down", "service=db", fmt.Sprintf("instance=db-%d", i)))
		}
		results := s.post(map[string]any{"version": "4", "status": "firing", "alerts": alerts})
		s.settle()
		equal(s, "results", len(results), 50)
		for i, r := range results {
			want := "joined"
			switch i {
			case 0:
				want = "opened"
			case 17:
				want = "quarantined"
			}
			equal(s, fmt.Sprintf("the outcome of alert %d", i), r.Outcome, want)
		}
		equal(s, "its alerts", s.incident(1).Alerts, 49)
		var list struct {
			Quarantined []struct{ Reason, Raw string } `json:"quarantined"`
		}
		s.get("/api/v1/quarantine", &list)
		if q := list.Quarantined; len(q) != 1 || !strings.Contains(q[0].Reason, "neither labels nor a fingerprint") || !strings.Contains(q[0].Raw, "who am I?") {
			t.Fatalf("quarantine: %+v", q)
		}
		own := s.incidents("service=rouse")
		equal(s, "incidents of the service rouse", len(own), 1)
		if own[0].Severity != "warning" || !strings.Contains(own[0].Title, "main") {
			t.Errorf("incident %+v", own[0])
		}
		s.expect(ana, "rouse") // behind a 2xx, somebody is told
		s.post(map[string]any{"version": "4", "alerts": []any{map[string]any{"status": "perhaps", "labels": map[string]string{"a": "b"}}}})
		s.settle()
		equal(s, "incidents of the service rouse", len(s.incidents("service=rouse")), 1)
		s.get("/api/v1/quarantine", &list)
		equal(s, "quarantined", len(list.Quarantined), 2)
	})
}

func TestTruncatedGroupResolvesNothing(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db", "instance=1")
		s.fire("Down", "service=web", "instance=2")
		s.post(map[string]any{"version": "4", "status": "firing", "truncatedAlerts": 7, "alerts": []wireAlert{s.alert("Down", "service=db", "instance=1")}})
		s.settle()
		s.forward(10 * time.Minute)
		s.is(2, "open")
		equal(s, "truncated alerts", s.metric("rouse_ingest_truncated_total"), 7)
		// An explicit end inside of such a group counts.
		s.post(map[string]any{"version": "4", "status": "firing", "truncatedAlerts": 7, "alerts": []wireAlert{s.over("Down", "service=web", "instance=2")}})
		s.is(2, "resolved")
	})
}

func TestUnknownServicesAreCreatedUpTo500(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		var alerts []wireAlert
		for i := range 510 {
			alerts = append(alerts, s.alert("New", fmt.Sprintf("service=new-%03d", i), "severity=info"))
		}
		s.send(alerts[:300]...)
		s.send(alerts[300:]...)
		equal(s, "incidents", len(s.incidents("status=open")), 500+1+1)
		equal(s, "incidents of unsorted", len(s.incidents("service=unsorted")), 1)
		equal(s, "its alerts", s.incidents("service=unsorted")[0].Alerts, 10)
		own := s.incidents("service=rouse")
		if len(own) != 1 || own[0].Severity != "warning" || !strings.Contains(own[0].Title, "Too many new services") {
			t.Fatalf("incidents of the service rouse: %+v", own)
		}
		var list struct {
			Services []struct {
				Name      string `json:"name"`
				Unclaimed bool   `json:"unclaimed"`
			} `json:"items"`
		}
		s.get("/api/v1/services", &list)
		unclaimed := 0
		for _, svc := range list.Services {
			if svc.Unclaimed {
				unclaimed++
			}
		}
		equal(s, "unclaimed services", unclaimed, 500)
	})
}

func TestUnknownServiceHasTheDefaultPolicy(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=nobody-configured-me")
		s.expect(anaPhone, "CRIT nobody-configured-me")
		s.nothing()
	})
}

func TestGraceBringsBackWhatStillFires(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db")
		s.say(ana, "resolved", 1)
		s.skip()
		s.forward(30*time.Minute - time.Millisecond)
		s.nothing()
		s.forward(time.Millisecond)
		s.expect(anaPhone, "CRIT db", "#2")
		s.say(ana, "resolved", 2) // no signal of it between: now it is over
		s.forward(24 * time.Hour)
		s.nothing()
		equal(s, "incidents", len(s.incidents("")), 2)
	})
}

func TestDowntimeOfIntakeCountsForNothing(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.beat()
		s.fire("Down", "service=db")
		s.say(ana, "resolved", 1) // grace: 30 min
		web := s.alert("Down", "service=web")
		s.send(web)
		s.send(s.over("Down", "service=web"))
		equal(s, "the outcome", s.send(web)[0].Outcome, "doubtful") // doubt: 6 min
		s.skip()
		s.stop()
		s.jump(2 * time.Hour)
		s.start()
		s.beat()
		s.forward(6*time.Minute - time.Millisecond)
		s.nothing()
		equal(s, "incidents", len(s.incidents("")), 2)
		s.forward(time.Millisecond)
		s.expect(anaPhone, "CRIT web")
		s.ack(ana, 3)
		s.forward(24*time.Minute - time.Millisecond)
		s.nothing()
		s.forward(time.Millisecond)
		s.expect(anaPhone, "CRIT db")
		s.nothing()
	})
}

func TestRestartLosesNothing(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.post(map[string]any{"version": "4", "alerts": []wireAlert{s.alert("Down", "service=db")}})
		s.restart() // committed, not sent
		s.settle()
		s.expect(anaPhone, "CRIT db")
		s.forward(10 * time.Minute)
		s.restart()
		s.forward(5*time.Minute - time.Millisecond)
		s.nothing()
		s.forward(time.Millisecond)
		s.expect(benPhone, "CRIT db")
		s.ack(ben, 1)
		s.restart()
		s.is(1, "acknowledged")
		s.must(s.request(ben, http.MethodGet, "/api/v1/session", nil), http.StatusOK) // still signed in
		s.forward(time.Hour)
		s.expect(benPhone, "You acknowledged this")
		s.restart()
		s.forward(3 * time.Hour)
		s.expect(benPhone, "CRIT db")
		s.expect(anaPhone, "CRIT db")
		s.nothing()
		equal(s, "the outcome", s.resolve("Down", "service=db").Outcome, "resolved")
		s.is(1, "resolved")
	})
}

func TestShortOutageSkipsNoLevel(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.post(map[string]any{"version": "4", "alerts": []wireAlert{s.alert("Down", "service=db")}})
		s.stop()
		s.jump(20 * time.Minute) // ana's timeout is over, and nobody had told her
		s.start()
		s.settle()
		s.expect(anaPhone, "CRIT db")
		s.nothing()
		s.told(1, "we were away")
		s.forward(15*time.Minute - time.Millisecond)
		s.nothing()
		s.forward(time.Millisecond)
		s.expect(benPhone, "CRIT db")
		s.nothing()
	})
}

func TestWrongConfigurationChangesNothing(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		wrong := strings.Replace(onlySMS, "ack_timeout: 15m, targets: [{user: ben", "ack_timeout: 1m, targets: [{user: bert", 1) + `
services:
  - {name: half, escalation_policy: web}
`
		wrong = strings.Replace(wrong, `to: "+34600000001"`, `to: "+34699999999"`, 1)
		a := s.must(s.apply(wrong), http.StatusBadRequest)
		var p struct {
			Errors []struct {
				File, Field, Code, Message string
				Line                       int
			} `json:"errors"`
		}
		if err := json.Unmarshal(a.body, &p); err != nil || len(p.Errors) != 1 {
			t.Fatalf("answered %s", a)
		}
		if e := p.Errors[0]; e.File != "story.yaml" || e.Line != 8 || e.Field != "escalation_policies[0].levels[1].targets[0].user" || !strings.Contains(e.Message, "bert@example.org") {
			t.Errorf("error %+v", e)
		}
		s.must(s.request("", http.MethodGet, "/api/v1/services/half", nil), http.StatusNotFound)
		s.fire("Down", "service=db")
		s.expect(anaPhone, "CRIT db") // the old number
		s.forward(15*time.Minute - time.Millisecond)
		s.nothing()
		s.must(s.request(ana, http.MethodPost, "/api/v1/apply", map[string]any{}), http.StatusForbidden)
	})
}
