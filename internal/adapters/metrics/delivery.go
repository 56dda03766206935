package metrics

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/app/deliver"
)

var _ deliver.Metrics = (*Metrics)(nil)

func (m *Metrics) delivery() {
	m.latency = m.histogram("rouse_page_latency_seconds", "From the moment a message could be sent to its first call of a provider.", seconds(), "kind")
	m.sends = m.counter("rouse_delivery_attempts_total", "Attempts to send a message, by outcome.", "kind", "outcome")
	m.sendTook = m.histogram("rouse_provider_seconds", "Time of one call of a provider.", seconds(), "kind")
	m.mayRepeat = m.counter("rouse_page_duplicate_possible_total", "Messages sent although an earlier attempt may have arrived.", "kind")
	m.unanswered = m.counter("rouse_ack_unanswered_total", "People who waited longer than 10 s to hear whether their answer was saved.").WithLabelValues()
	m.afterAck = m.counter("rouse_page_after_ack_total", "Calls of a provider for a page whose incident had been answered before.", "kind")
	m.poisoned = m.counter("rouse_delivery_poisoned_total", "Messages given up because of failures of our own.", "kind")
	m.overQuota = m.counter("rouse_over_quota_total", "Deliveries that the daily quota of what costs money kept back.", "kind")
}

// Requested observes how long a message waited for its first call of a provider.
func (m *Metrics) Requested(kind string, after time.Duration) {
	m.latency.WithLabelValues(kind).Observe(max(0, after.Seconds()))
}

// Sent counts an attempt by its outcome.
func (m *Metrics) Sent(kind, outcome string, took time.Duration) {
	m.sends.WithLabelValues(kind, outcome).Inc()
	if took > 0 {
		m.sendTook.WithLabelValues(kind).Observe(took.Seconds())
	}
}

// DuplicatePossible counts a message that may arrive twice.
func (m *Metrics) DuplicatePossible(kind string) { m.mayRepeat.WithLabelValues(kind).Inc() }

// PageAfterAck counts a call that should not have been made.
func (m *Metrics) PageAfterAck(kind string) { m.afterAck.WithLabelValues(kind).Inc() }

// Poisoned counts a message given up because of us.
func (m *Metrics) Poisoned(kind string) { m.poisoned.WithLabelValues(kind).Inc() }
