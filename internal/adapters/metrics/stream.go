package metrics

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/app/insight"
)

var _ insight.FollowMetrics = (*Metrics)(nil)

func (m *Metrics) stream() {
	m.listeners = m.gauge("rouse_stream_listeners", "Who listens to this replica's stream of changes.")
	m.streamLag = one(m.histogram("rouse_stream_lag_seconds", "From a change to when the stream tells it.", seconds()))
	m.missed = m.counter("rouse_stream_resets_total", "Listeners that were told to look at everything anew.", "reason")
}

// Listening notes how many listen.
func (m *Metrics) Listening(n int) { m.listeners.Set(float64(n)) }

// Told observes how late a change was told.
func (m *Metrics) Told(late time.Duration) { m.streamLag.Observe(max(0, late.Seconds())) }

// Missed counts a listener that must look at everything anew.
func (m *Metrics) Missed(why insight.MissedWhy) { m.missed.WithLabelValues(string(why)).Inc() }
