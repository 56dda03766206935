package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Watcher knows how well Rouse is by its own tests.
type Watcher interface {
	Watched(ctx context.Context) (held bool, ages map[string]time.Duration, err error)
}

// watched asks the database at each scrape: the gauges are the same on every replica.
type watched struct {
	from       Watcher
	held, ages *prometheus.Desc
}

// Watched exports whether paging is held, and how long ago each part was last well.
func (m *Metrics) Watched(from Watcher) {
	m.Registry.MustRegister(watched{
		from,
		prometheus.NewDesc("rouse_paging_held", "1 while paging is held: nobody is told of anything.", nil, nil),
		prometheus.NewDesc("rouse_pulse_age_seconds", "How long ago the audit, the synthetic alert, the heartbeat to the outside and a backup last went well.", []string{"of"}, nil),
	})
}

// Describe is part of prometheus.Collector.
func (w watched) Describe(ch chan<- *prometheus.Desc) {
	ch <- w.held
	ch <- w.ages
}

// Collect is part of prometheus.Collector.
func (w watched) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	held, ages, err := w.from.Watched(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(w.held, err)
		return
	}
	v := 0.0
	if held {
		v = 1
	}
	ch <- prometheus.MustNewConstMetric(w.held, prometheus.GaugeValue, v)
	for of, age := range ages {
		ch <- prometheus.MustNewConstMetric(w.ages, prometheus.GaugeValue, age.Seconds(), of)
	}
}

func (m *Metrics) watch() {
	m.probeTook = one(m.histogram("rouse_probe_seconds", "From a synthetic alert to the call of its provider.", seconds()))
	m.probeFailed = m.counter("rouse_probe_failed_total", "Synthetic alerts that paged nobody within a minute.").WithLabelValues()
	m.removed = m.counter("rouse_incidents_removed_total", "Incidents that were resolved for longer than they are kept, and removed.").WithLabelValues()
	m.beatFailed = m.counter("rouse_heartbeat_failed_total", "Heartbeats that the outside monitor did not take.").WithLabelValues()
}

// ProbePassed observes a synthetic alert that went the whole way.
func (m *Metrics) ProbePassed(took time.Duration) { m.probeTook.Observe(took.Seconds()) }

// ProbeFailed counts one that did not.
func (m *Metrics) ProbeFailed() { m.probeFailed.Inc() }

// Removed counts incidents that were removed because they are old.
func (m *Metrics) Removed(incidents int) { m.removed.Add(float64(incidents)) }

// HeartbeatFailed counts a heartbeat that was not taken.
func (m *Metrics) HeartbeatFailed() { m.beatFailed.Inc() }
