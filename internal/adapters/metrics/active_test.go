package metrics

import (
	"context"
	"fmt"
	"testing"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

type counter []insight.Count

func (c counter) Counts(context.Context) ([]insight.Count, error) { return c, nil }

// What one replica has seen before must not decide which services its gauge names.
func TestTheGaugeIsTheSameOnEveryReplica(t *testing.T) {
	t.Parallel()
	var counts counter
	for i := range 600 {
		counts = append(counts, insight.Count{Service: fmt.Sprintf("s%03d", i), Environment: "prod", Severity: alert.Critical(), Incidents: 1 + i})
	}
	gauges := func(before ...string) (out map[string]float64, total float64) {
		m := New("test")
		for _, s := range before {
			m.Changed([]incident.Change{{State: incident.State{ServiceName: s, Severity: alert.Critical()}, Entries: []incident.Entry{{Kind: incident.EntryResolved}}}})
		}
		m.Active(counts)
		families, err := m.Registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		out = map[string]float64{}
		for _, f := range families {
			for _, g := range f.GetMetric() {
				if f.GetName() == "incident_active_total" {
					out[fmt.Sprint(g.GetLabel())] = g.GetGauge().GetValue()
					total += g.GetGauge().GetValue()
				}
			}
		}
		return out, total
	}
	one, total := gauges()
	other, _ := gauges("s000", "s001", "gone")
	if fmt.Sprint(one) != fmt.Sprint(other) {
		t.Error("two replicas name different services")
	}
	if len(one) != 501 || total != 600*601/2 {
		t.Errorf("%d label sets that count %g incidents", len(one), total)
	}
}
