package metrics_test

import (
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/metrics"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func TestUnflushedAnswersAreCounted(t *testing.T) {
	t.Parallel()
	m := metrics.New("test")
	m.Answered("main", intake.Opened, 1)
	m.Unflushed(true)
	m.Answered("main", intake.Joined, 2)
	m.Unflushed(false)
	m.Answered("main", intake.Joined, 4)
	if got := value(t, m, "rouse_ingest_unflushed_acks_total"); got != 2 {
		t.Errorf("%v are counted, want 2", got)
	}
}

// What timelines say of silences is counted, but for the incident by which we test ourselves.
func TestSilencesAreCounted(t *testing.T) {
	t.Parallel()
	m := metrics.New("test")
	entries := []incident.Entry{{Kind: incident.EntrySilencing}, {Kind: incident.EntryNote}, {Kind: incident.EntrySilencing}}
	m.Changed([]incident.Change{{State: incident.State{Number: 1}, Entries: entries}, {State: incident.State{Number: id.Probe}, Entries: entries}})
	if got := value(t, m, "rouse_incident_silences_total"); got != 2 {
		t.Errorf("%v are counted, want 2", got)
	}
}

// value is what a counter's first series has come to.
func value(t *testing.T, m *metrics.Metrics, name string) float64 {
	t.Helper()
	families, err := m.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}
