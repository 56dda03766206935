package metrics

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Counter counts unresolved incidents.
type Counter interface {
	Counts(ctx context.Context) ([]insight.Count, error)
}

// active asks the database at each scrape: the gauge is the same on every replica.
type active struct {
	from Counter
	most int // label sets
	desc *prometheus.Desc
}

// Active exports incident_active_total, a gauge by its given name.
func (m *Metrics) Active(from Counter) {
	m.Registry.MustRegister(active{from, m.labels.most, prometheus.NewDesc("incident_active_total",
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
	for l, n := range a.sums(counts) {
		ch <- prometheus.MustNewConstMetric(a.desc, prometheus.GaugeValue, float64(n), l[:]...)
	}
}

// sums adds up by label set; beyond the most that are shown, those with the fewest incidents are counted together.
// Which these are the counts alone decide, and not what a replica has seen before.
func (a active) sums(counts []insight.Count) map[[3]string]int64 {
	all := map[[3]string]int64{}
	for _, c := range counts {
		all[[3]string{c.Service, c.Environment, c.Severity.String()}] += int64(c.Incidents)
	}
	order := slices.SortedFunc(maps.Keys(all), func(x, y [3]string) int {
		return cmp.Or(cmp.Compare(all[y], all[x]), slices.Compare(x[:], y[:]))
	})
	for _, l := range order[min(a.most, len(order)):] {
		all[[3]string{"_other", "_other", l[2]}] += all[l]
		delete(all, l)
	}
	return all
}

// Oldest knows how long the oldest work has been waiting.
type Oldest interface {
	Ages(ctx context.Context, now time.Time) (insight.Ages, error)
}

// ages asks the database at each scrape: what nobody works shows here, whoever should have worked it.
type ages struct {
	from               Oldest
	clock              ports.Clock
	overdue, ambiguous *prometheus.Desc
}

// Ages exports how long the oldest due timer and the oldest due lane of deliveries have been waiting, and the oldest
// message of which nobody knows whether it arrived.
func (m *Metrics) Ages(from Oldest, clock ports.Clock) {
	m.Registry.MustRegister(ages{
		from, clock,
		prometheus.NewDesc("rouse_overdue_seconds", "How long the oldest due work has been waiting; 0 where none is due.", []string{"work"}, nil),
		prometheus.NewDesc("rouse_ambiguous_seconds", "Age of the oldest message that may have arrived and is tried again; 0 where there is none.", nil, nil),
	})
}

// Describe is part of prometheus.Collector.
func (o ages) Describe(ch chan<- *prometheus.Desc) {
	ch <- o.overdue
	ch <- o.ambiguous
}

// Collect is part of prometheus.Collector.
func (o ages) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	a, err := o.from.Ages(ctx, o.clock.Now())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(o.overdue, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(o.overdue, prometheus.GaugeValue, a.Timers.Seconds(), "timers")
	ch <- prometheus.MustNewConstMetric(o.overdue, prometheus.GaugeValue, a.Lanes.Seconds(), "deliveries")
	ch <- prometheus.MustNewConstMetric(o.ambiguous, prometheus.GaugeValue, a.Ambiguous.Seconds())
}
