package chaos

import (
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
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
	after := s.outcomes(t)
	stored, quarantined := -before["stored"]+after["stored"], -before["quarantined"]+after["quarantined"]
	refused := after["refused"] - before["refused"] // busy: others kept changing the same things
	if stored != s.tally.stored-was.stored || quarantined != s.tally.quarantined-was.quarantined || refused != s.tally.refused-was.refused {
		t.Errorf("the server counts %d stored, %d quarantined, %d refused; the sender had %+v %v and has %+v %v", stored, quarantined, refused, was, refusals, s.tally, s.refusals)
	}
	if n := after["orphans"]; n != 0 {
		t.Errorf("%d orphans", n)
	}
}

// outcomes are the counts of this life of the server.
func (s *storm) outcomes(t *testing.T) map[string]int {
	t.Helper()
	out := map[string]int{}
	s.eachMetric(t, func(line string, n int) {
		switch {
		case strings.HasPrefix(line, "rouse_ingest_alerts_total{") && strings.Contains(line, `outcome="quarantined"`):
			out["quarantined"] += n
		case strings.HasPrefix(line, "rouse_ingest_alerts_total{"):
			out["stored"] += n
		case strings.HasPrefix(line, "rouse_ingest_refused_total{"):
			out["refused"] += n
		case strings.HasPrefix(line, "rouse_audit_orphans "):
			out["orphans"] += n
		}
	})
	return out
}

// metric is the sum of a metric over its labels.
func (s *storm) metric(t *testing.T, name string) (sum int) {
	t.Helper()
	s.eachMetric(t, func(line string, n int) {
		if strings.HasPrefix(line, name+"{") || strings.HasPrefix(line, name+" ") {
			sum += n
		}
	})
	return sum
}

func (s *storm) eachMetric(t *testing.T, each func(line string, n int)) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if n, err := strconv.ParseFloat(fields[len(fields)-1], 64); err == nil {
			each(line, int(n))
		}
	}
}
