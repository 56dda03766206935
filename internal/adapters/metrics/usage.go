package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// usage asks the database at each scrape how much was sent today that costs money.
type usage struct {
	from  ports.Usage
	kinds []string
	clock ports.Clock
	today *prometheus.Desc
}

// Usage exports how many messages of these kinds went out on this day.
func (m *Metrics) Usage(from ports.Usage, kinds []string, clock ports.Clock) {
	m.Registry.MustRegister(usage{from, kinds, clock, prometheus.NewDesc(
		"rouse_paid_messages_today", "Messages that cost money and were sent today (UTC).", []string{"kind", "provider"}, nil)})
}

// Describe is part of prometheus.Collector.
func (u usage) Describe(ch chan<- *prometheus.Desc) { ch <- u.today }

// Collect is part of prometheus.Collector.
func (u usage) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	from, until := notification.Day(u.clock.Now())
	sums, err := u.from.Used(ctx, u.kinds, from, until)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(u.today, err)
		return
	}
	all := make(map[[2]string]int)
	for _, s := range sums {
		all[[2]string{s.Kind, s.Provider}] += s.Messages
	}
	for of, n := range all {
		ch <- prometheus.MustNewConstMetric(u.today, prometheus.GaugeValue, float64(n), of[0], of[1])
	}
}

// OverQuota counts a delivery that the quota kept back.
func (m *Metrics) OverQuota(kind string) { m.overQuota.WithLabelValues(kind).Inc() }
