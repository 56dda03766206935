package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// services asks at each scrape whose each service is: a label of the counts would start them anew when a service changes hands.
type services struct {
	from ports.Atomically[ports.Directory]
	info *prometheus.Desc
}

// Services exports the team of each service.
func (m *Metrics) Services(from ports.Atomically[ports.Directory]) {
	m.Registry.MustRegister(services{from, prometheus.NewDesc("rouse_service_info", "The team that owns a service; always 1.", []string{"service", "team"}, nil)})
}

// Describe is part of prometheus.Collector.
func (s services) Describe(ch chan<- *prometheus.Desc) { ch <- s.info }

// Collect is part of prometheus.Collector.
func (s services) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.from(ctx, func(ctx context.Context, r ports.Directory) error {
		now, err := r.Current(ctx)
		if err != nil {
			return err
		}
		for _, svc := range now.Services {
			team := "_none"
			if t, ok := now.Teams[svc.Team]; ok {
				team = t.Name
			}
			ch <- s.of(svc.Name, team)
		}
		ch <- s.of("_other", "_other") // as the counts name what is beyond their cap
		return nil
	})
	if err != nil {
		ch <- prometheus.NewInvalidMetric(s.info, err)
	}
}

func (s services) of(service, team string) prometheus.Metric {
	return prometheus.MustNewConstMetric(s.info, prometheus.GaugeValue, 1, service, team)
}
