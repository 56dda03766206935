package metrics

import (
	"context"
	"fmt"
	"testing"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// many counts one incident in each of so many services.
type many int

func (n many) Counts(context.Context) ([]insight.Count, error) {
	out := make([]insight.Count, n)
	for i := range out {
		out[i] = insight.Count{Service: fmt.Sprintf("s%d", i), Environment: "prod", Severity: alert.Critical(), Incidents: 1}
	}
	return out, nil
}

// Whoever invents labels without end costs no memory here or at Prometheus, and no incident goes uncounted.
func TestLabelsAreBoundedAndNothingGoesUncounted(t *testing.T) {
	t.Parallel()
	const services = 2000
	m := New("test")
	m.Active(many(services))
	families, err := m.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series, sum, other := 0, 0.0, 0.0
	for _, f := range families {
		if f.GetName() != "incident_active_total" {
			continue
		}
		for _, s := range f.GetMetric() {
			series++
			sum += s.GetGauge().GetValue()
			for _, l := range s.GetLabel() {
				if l.GetName() == "service" && l.GetValue() == "_other" {
					other = s.GetGauge().GetValue()
				}
			}
		}
	}
	if series > 501 || sum != services || other < services-501 {
		t.Errorf("%d series count %g incidents, %g of them as _other", series, sum, other)
	}
}
