package metrics

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/app/intake"
)

var _ intake.DrainMetrics = (*Metrics)(nil)

func (m *Metrics) buffer() {
	m.redisUp = m.gauge("rouse_redis_up", "1 while Redis answers and keeps what it is given.")
	m.letters = m.gauge("rouse_buffer_letters", "Requests that wait in the buffer.")
	m.oldest = m.gauge("rouse_buffer_oldest_seconds", "For how long the oldest request in the buffer has waited.")
	m.drained = m.counter("rouse_buffer_drained_total", "Alerts taken from the buffer, by what became of them.", "outcome")
	m.dead = m.counter("rouse_buffer_dead_total", "Alerts of the buffer that could not be taken in and went into quarantine.").WithLabelValues()
}

// Redis notes whether Redis answers and keeps what it is given.
func (m *Metrics) Redis(up bool) {
	v := 0.0
	if up {
		v = 1
	}
	m.redisUp.Set(v)
}

// Waiting notes what is in the buffer.
func (m *Metrics) Waiting(letters int, oldest time.Duration) {
	m.letters.Set(float64(letters))
	m.oldest.Set(oldest.Seconds())
}

// Drained counts alerts that came out of the buffer.
func (m *Metrics) Drained(o intake.Outcome, n int) {
	m.drained.WithLabelValues(string(o)).Add(float64(n))
}

// Dead counts alerts that went from the buffer into quarantine.
func (m *Metrics) Dead(n int) { m.dead.Add(float64(n)) }
