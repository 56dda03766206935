package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func (m *Metrics) database() {
	m.waits = m.histogram("rouse_database_wait_seconds", "From asking for a transaction to its begin: for a connection, or for those before it.", seconds(), "of")
	m.works = m.histogram("rouse_database_transaction_seconds", "From a transaction's begin to its end, with the flush.", seconds(), "of")
}

// Transaction observes one transaction of a kind (engine, people, intake, read): how long it waited for its begin, and how long
// it took then.
func (m *Metrics) Transaction(of string, waited, took time.Duration) {
	m.waits.WithLabelValues(of).Observe(waited.Seconds())
	m.works.WithLabelValues(of).Observe(took.Seconds())
}

// Sizer knows how large the database is.
type Sizer interface {
	Size(ctx context.Context) (bytes int64, err error)
}

// size asks the database at each scrape.
type size struct {
	from  Sizer
	bytes *prometheus.Desc
}

// Size exports how large the database is.
func (m *Metrics) Size(from Sizer) {
	m.Registry.MustRegister(size{from, prometheus.NewDesc("rouse_database_size_bytes", "How large the database is on its disk.", nil, nil)})
}

// Describe is part of prometheus.Collector.
func (s size) Describe(ch chan<- *prometheus.Desc) { ch <- s.bytes }

// Collect is part of prometheus.Collector.
func (s size) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	n, err := s.from.Size(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(s.bytes, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(s.bytes, prometheus.GaugeValue, float64(n))
}
