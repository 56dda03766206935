package scenario

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func (s *story) paging(as, verb string, want int) answer {
	s.t.Helper()
	return s.must(s.request(as, http.MethodPost, "/api/v1/paging/"+verb, map[string]string{"reason": "the story wants it"}), want)
}

// TestRestoredDatabaseWaitsForAnOperator: whoever starts a restored database holds paging until somebody has looked.
func TestRestoredDatabaseWaitsForAnOperator(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db")
		s.expect(anaPhone, "CRIT db")
		s.fire("Down", "service=web")
		s.stop()
		s.jump(3 * time.Hour) // the backup is as old
		s.config.HoldPaging = true
		s.start()
		m := s.watched("")
		back := s.clock.Now()
		s.fire("Down", "service=new") // alerts are taken all the same
		s.live(20 * time.Minute)
		s.nothing()
		equal(s, "incidents", len(s.incidents("status=open")), 3)
		equal(s, "attempts since", s.sms.Attempts(), 1)
		equal(s, "heartbeats while nobody can be paged", len(m.beats(back)), 0)
		equal(s, "rouse_paging_held", s.metric("rouse_paging_held"), 1)
		equal(s, "synthetic alerts that failed", s.metric("rouse_probe_failed_total"), 0)
		equal(s, "what /ready says", s.ready("paging", false, "held since"), "ready, but not well")
		s.ack(ana, 1) // people answer what they see
		s.config.HoldPaging = false
		s.restart() // the hold is the database's, not the process'
		s.settle()
		s.nothing()
		s.paging(ben, "resume", http.StatusForbidden)
		resumed := s.clock.Now()
		s.paging("", "resume", http.StatusOK)
		s.live(30 * time.Second)
		equal(s, "attempts within 30 s", s.sms.Attempts() > 1, true)
		if first := s.expect(anaPhone, "Rouse could not page you until", "2 CRIT open"); strings.Contains(first, " db") { // which she has; a link may have these letters
			t.Errorf("the first to ana's phone after %s: %s", resumed, first)
		}
		s.live(2 * time.Minute)
		equal(s, "rouse_paging_held", s.metric("rouse_paging_held"), 0)
		if len(m.beats(resumed)) == 0 {
			t.Error("the monitor is not told that all is well")
		}
		s.nothingPastExpiry()
		for s.rows("incident WHERE number < 0 AND status < 2") == 0 { // until a synthetic alert is under way
			s.live(step)
		}
		s.paging("", "hold", http.StatusOK)
		s.live(2 * time.Minute)
		equal(s, "synthetic alerts that failed", s.metric("rouse_probe_failed_total"), 0)
	})
}

func TestPagingIsHeldAndResumed(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db")
		s.expect(anaPhone, "CRIT db")
		s.paging("-", "hold", http.StatusUnauthorized)
		s.paging(ana, "hold", http.StatusForbidden)
		held := s.paging("", "hold", http.StatusOK)
		s.forward(10 * time.Minute)
		again := s.paging("", "hold", http.StatusOK)
		equal(s, "the second answer", string(again.body), string(held.body))
		s.jump(20 * time.Minute) // level 1's time is over
		s.settle()
		s.nothing()
		equal(s, "the incident's timers", s.timers(1), "escalate")
		if lines := strings.Join(s.timeline(1), "\n"); strings.Contains(lines, "Paging Ben") {
			t.Errorf("it escalated while paging was held:\n%s", lines)
		}
		s.is(1, "open")
		a := s.must(s.request(ana, http.MethodGet, "/api/v1/paging", nil), http.StatusOK)
		for _, words := range []string{`"held":true`, `"at":"2026-03-02T10:00:00Z"`, `"by":"admin token"`, `"reason":"the story wants it"`} {
			if !strings.Contains(a.String(), words) {
				t.Errorf("%s does not say %s", a, words)
			}
		}
		if !strings.Contains(s.log.String(), "paging is held") {
			t.Error("the log does not say that paging is held")
		}
		s.paging("", "resume", http.StatusOK)
		s.settle()
		s.expect(benPhone, "CRIT db")
		s.nothing()
		equal(s, "rows of who held and resumed", s.rows("paging"), 2)
	})
}
