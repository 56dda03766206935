package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rouse-oncall/rouse/internal/app/insight"
)

// Counter counts unresolved incidents.
type Counter interface {
	Counts(ctx context.Context) ([]insight.Count, error)
}

// active asks the database at each scrape: the gauge is the same on every replica.
type active struct {
	from   Counter
	labels *limiter
	desc   *prometheus.Desc
}

// Active exports incident_active_total, a gauge by its given name.
func (m *Metrics) Active(from Counter) {
	m.Registry.MustRegister(active{from, &m.labels, prometheus.NewDesc("incident_active_total",
		"Unresolved incidents.", []string{"service", "environment", "severity"}, nil)})
}

// Describe is part of prometheus.Collector.
func (a active) Describe(ch chan<- *prometheus.Desc) { ch <- a.desc }

// Collect is part of prometheus.Collector.
func (a active) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	counts, err := a.from.Counts(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(a.desc, err)
		return
	}
	sums := map[[3]string]int64{}
	for _, c := range counts {
		sums[a.labels.admit(c.Service, c.Environment, c.Severity.String())] += int64(c.Incidents)
	}
	for l, n := range sums {
		ch <- prometheus.MustNewConstMetric(a.desc, prometheus.GaugeValue, float64(n), l[:]...)
	}
}
