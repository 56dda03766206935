package metrics_test

import (
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/metrics"
	"github.com/rouse-oncall/rouse/internal/app/intake"
)

func TestUnflushedAnswersAreCounted(t *testing.T) {
	t.Parallel()
	m := metrics.New("test")
	m.Answered("main", intake.Opened, 1)
	m.Unflushed(true)
	m.Answered("main", intake.Joined, 2)
	m.Unflushed(false)
	m.Answered("main", intake.Joined, 4)
	const name = "rouse_ingest_unflushed_acks_total"
	families, err := m.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		if got := f.GetMetric()[0].GetCounter().GetValue(); got != 2 {
			t.Errorf("%s is %v, want 2", name, got)
		}
		return
	}
	t.Errorf("there is no %s", name)
}
