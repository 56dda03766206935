// Package metrics exports what the use cases count, in Prometheus' format.
package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/rouse-oncall/rouse/internal/app/audit"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Metrics holds every metric of one server. Gauges over the database are the same on each replica.
type Metrics struct {
	Registry *prometheus.Registry

	alerts     *prometheus.CounterVec
	duplicates *prometheus.CounterVec
	refused    *prometheus.CounterVec
	unread     *prometheus.CounterVec
	truncated  *prometheus.CounterVec
	unflushed  *prometheus.CounterVec
	flushless  atomic.Bool // the database's commits do not wait for the disk
	groups     prometheus.Histogram
	commits    prometheus.Histogram

	opened    *prometheus.CounterVec
	fired     *prometheus.CounterVec
	toAnswer  *prometheus.HistogramVec
	resolved  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	exhausted *prometheus.CounterVec
	silences  *prometheus.CounterVec
	labels    limiter

	failing *prometheus.GaugeVec
	waits   *prometheus.HistogramVec
	works   *prometheus.HistogramVec

	providerFailing *prometheus.GaugeVec
	timerLag        *prometheus.HistogramVec
	stuck           *prometheus.CounterVec
	orphans         prometheus.Gauge
	repaired        prometheus.Counter
	auditTook       prometheus.Histogram
	audits          prometheus.Counter
	clockOff        prometheus.Gauge

	latency    *prometheus.HistogramVec
	sends      *prometheus.CounterVec
	sendTook   *prometheus.HistogramVec
	mayRepeat  *prometheus.CounterVec
	afterAck   *prometheus.CounterVec
	unanswered prometheus.Counter
	poisoned   *prometheus.CounterVec
	overQuota  *prometheus.CounterVec

	listeners   prometheus.Gauge
	streamLag   prometheus.Histogram
	missed      *prometheus.CounterVec
	probeTook   prometheus.Histogram
	probeFailed prometheus.Counter
	removed     prometheus.Counter
	beatFailed  prometheus.Counter

	redisUp prometheus.Gauge
	letters prometheus.Gauge
	oldest  prometheus.Gauge
	drained *prometheus.CounterVec
	dead    prometheus.Counter
}

var _ intake.Metrics = (*Metrics)(nil)

// New registers everything.
func New(version string) *Metrics {
	m := &Metrics{Registry: prometheus.NewRegistry(), labels: limiter{most: 500, known: make(map[[3]string]bool)}}
	m.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rouse_build_info", Help: "The version that runs; always 1."}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	m.Registry.MustRegister(build)
	m.intake()
	m.incidents()
	m.engine()
	m.delivery()
	m.stream()
	m.watch()
	m.buffer()
	m.database()
	return m
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.Registry.MustRegister(c)
	return c
}

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return m.histogramOf(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels...)
}

func (m *Metrics) histogramOf(opts prometheus.HistogramOpts, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(opts, labels)
	m.Registry.MustRegister(h)
	return h
}

func one(v *prometheus.HistogramVec) prometheus.Histogram {
	return v.WithLabelValues().(prometheus.Histogram) //nolint:forcetypeassert // a HistogramVec holds nothing else
}

func seconds() []float64 {
	return []float64{.001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
}

func (m *Metrics) intake() {
	m.alerts = m.counter("rouse_ingest_alerts_total", "Alerts answered with 2xx, by what became of them.", "integration", "outcome")
	m.duplicates = m.counter("rouse_alert_duplicates_total", "Signals for alerts that were known to fire.", "integration")
	m.refused = m.counter("rouse_ingest_refused_total", "Alerts that were not stored and whose sender was told so.", "integration")
	m.unread = m.counter("rouse_ingest_unread_requests_total", "Requests that were refused before their alerts were read, by the code of the refusal.", "code")
	m.truncated = m.counter("rouse_ingest_truncated_total", "Alerts that the sender left out of a request (max_alerts).", "integration")
	m.unflushed = m.counter("rouse_ingest_unflushed_acks_total", "Alerts answered with 2xx while the database's commits did not wait for its disk.", "integration")
	m.groups = one(m.histogram("rouse_ingest_group_alerts", "Alerts in one commit.", prometheus.ExponentialBuckets(1, 2, 10)))
	m.commits = one(m.histogram("rouse_ingest_commit_seconds", "Time to decide, write and flush one group.", seconds()))
}

// Answered counts alerts that were answered with 2xx.
func (m *Metrics) Answered(i string, o intake.Outcome, n int) {
	m.alerts.WithLabelValues(i, string(o)).Add(float64(n))
	if m.flushless.Load() {
		m.unflushed.WithLabelValues(i).Add(float64(n))
	}
	if o == intake.Refreshed {
		m.duplicates.WithLabelValues(i).Add(float64(n))
	}
}

// Unflushed says whether the database's commits go without waiting for the disk.
func (m *Metrics) Unflushed(flushless bool) { m.flushless.Store(flushless) }

// Unanswered counts a person who waited for an answer longer than was promised.
func (m *Metrics) Unanswered() { m.unanswered.Inc() }

// Refused counts alerts whose sender must send again.
func (m *Metrics) Refused(i string, n int) {
	m.refused.WithLabelValues(i).Add(float64(n))
}

// Unread counts a request that was refused before its alerts were read.
func (m *Metrics) Unread(code string) { m.unread.WithLabelValues(code).Inc() }

// Committed observes one group.
func (m *Metrics) Committed(n int, took time.Duration) {
	m.groups.Observe(float64(n))
	m.commits.Observe(took.Seconds())
}

// Truncated counts alerts that the sender left out.
func (m *Metrics) Truncated(i string, n int) {
	m.truncated.WithLabelValues(i).Add(float64(n))
}

func (m *Metrics) engine() {
	m.failing = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rouse_worker_failing", Help: "1 while a worker of this replica fails."}, []string{"worker"})
	m.providerFailing = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "rouse_provider_failing", Help: "1 while others are asked before this provider, by this replica."}, []string{"kind", "provider"})
	m.Registry.MustRegister(m.failing, m.providerFailing)
	m.timerLag = m.histogram("rouse_timer_lag_seconds", "How late timers were worked.", seconds(), "kind")
	m.stuck = m.counter("rouse_timer_stuck_total", "Timers put off because their incident could not be read or decided.", "kind")
	m.audits = m.counter("rouse_audit_runs_total", "Audits that this replica ran.").WithLabelValues()
	m.repaired = m.counter("rouse_audit_repaired_total", "Incidents that the audit found without a future and repaired.").WithLabelValues()
	m.auditTook = one(m.histogram("rouse_audit_seconds", "Time of one audit.", seconds()))
	m.orphans = m.gauge("rouse_audit_orphans", "Unresolved incidents that the last audit found without a future, or could not read.")
	m.clockOff = m.gauge("rouse_clock_offset_seconds", "By how much this machine's clock was off the database's when last measured.")
}

func (m *Metrics) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	m.Registry.MustRegister(g)
	return g
}

// WorkerFailing notes whether a worker fails.
func (m *Metrics) WorkerFailing(worker string, failing bool) {
	v := 0.0
	if failing {
		v = 1
	}
	m.failing.WithLabelValues(worker).Set(v)
}

// ProviderFailing notes whether one of the providers of a kind of channel fails.
func (m *Metrics) ProviderFailing(kind, provider string, failing bool) {
	v := 0.0
	if failing {
		v = 1
	}
	m.providerFailing.WithLabelValues(kind, provider).Set(v)
}

// TimerWorked observes how late a timer was.
func (m *Metrics) TimerWorked(k incident.TimerKind, late time.Duration) {
	m.timerLag.WithLabelValues(string(k)).Observe(max(0, late.Seconds()))
}

// TimerStuck counts a timer that was put off because it could not be worked.
func (m *Metrics) TimerStuck(k incident.TimerKind) { m.stuck.WithLabelValues(string(k)).Inc() }

// Audited notes one audit.
func (m *Metrics) Audited(r audit.Result) {
	m.audits.Inc()
	m.orphans.Set(float64(r.Found))
	m.repaired.Add(float64(r.Repaired))
	m.auditTook.Observe(r.Took.Seconds())
}

// AuditPassed notes that another replica audits: what this one found last is not so any more.
func (m *Metrics) AuditPassed() { m.orphans.Set(0) }

// ClockOff notes a measurement of the clock.
func (m *Metrics) ClockOff(off time.Duration) { m.clockOff.Set(off.Seconds()) }
