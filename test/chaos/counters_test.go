package chaos

import (
	"maps"
	"testing"
	"time"
)

// counters: what the server counts over a storm is what became of each alert by the answers that its sender had.
func (s *storm) counters(t *testing.T) {
	t.Helper()
	before := s.outcomes(t)
	s.client.CloseIdleConnections() // those to servers that are gone
	was, refusals := s.tally, maps.Clone(s.refusals)
	<-s.blow(t, s.requests(), time.Second)
	// Refused are those that were busy: others kept changing the same things.
	got, want := s.outcomes(t).since(before), s.tally.since(was)
	want.in = 0 // the server counts only what became of them
	if got != want {
		t.Errorf("the server counts %+v; the sender had %+v %v and has %+v %v", got, was, refusals, s.tally, s.refusals)
	}
	if n := s.Metric(t, "rouse_audit_orphans"); n != 0 {
		t.Errorf("%d orphans", n)
	}
}

// outcomes are the counts of this life of the server.
func (s *storm) outcomes(t *testing.T) tally {
	t.Helper()
	const taken = "rouse_ingest_alerts_total"
	bad := s.Metric(t, taken, `outcome="quarantined"`)
	return tally{stored: s.Metric(t, taken) - bad, quarantined: bad, refused: s.Metric(t, "rouse_ingest_refused_total")}
}
