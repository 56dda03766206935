package metrics

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func (m *Metrics) incidents() {
	by := []string{"service", "environment", "severity"}
	m.opened = m.counter("rouse_incident_opened_total", "Incidents opened by this replica's work.", by...)
	m.fired = m.counter("rouse_incident_alerts_total", "Alerts that opened, joined or reopened incidents.", by...)
	m.toAnswer = m.histogramOf(native("rouse_incident_acknowledge_seconds", "From opening to the first acknowledgement."), by...)
	m.resolved = m.counter("incident_resolved_total", "Incidents resolved by this replica's work.", by...)
	m.duration = m.histogramOf(native("incident_duration_seconds", "From opening to resolving."), by...)
	m.exhausted = m.counter("rouse_incident_exhausted_total", "Incidents whose policy ended without an answer.", by...)
	m.silences = m.counter("rouse_incident_silences_total", "What the timelines of incidents say of silences at Alertmanager.", "what")
}

// native is for times of incidents, from seconds to days: a Prometheus that asks for native histograms gets buckets that are
// 10 % wide, every other one the classic ones.
func native(name, help string) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(30, 2.5, 11),
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
	}
}

// Changed notes what a commit did to incidents.
func (m *Metrics) Changed(changes []incident.Change) {
	for i := range changes {
		s, entries := &changes[i].State, changes[i].Entries
		if s.Number == id.Probe {
			continue // a test is no incident of people
		}
		if at := s.FirstAnswer(); answeredIn(entries, at) {
			l := m.labels.admit(s.ServiceName, s.Environment, s.Severity.String())
			m.toAnswer.WithLabelValues(l[:]...).Observe(at.Sub(s.OpenedAt).Seconds())
		}
		for j := range entries {
			m.entry(s, &entries[j])
		}
	}
}

// answeredIn says whether the first acknowledgement is among these: later ones have entries of the same kinds.
func answeredIn(entries []incident.Entry, first time.Time) bool {
	return slices.ContainsFunc(entries, func(e incident.Entry) bool {
		switch e.Kind { //nolint:exhaustive // the others acknowledge nothing
		case incident.EntryAcked, incident.EntrySnoozed, incident.EntryTaken:
			return e.At.Equal(first)
		}
		return false
	})
}

// entry counts one line of a timeline.
func (m *Metrics) entry(s *incident.State, e *incident.Entry) {
	l := m.labels.admit(s.ServiceName, s.Environment, s.Severity.String())
	switch e.Kind { //nolint:exhaustive // the others are not counted
	case incident.EntryOpened:
		m.opened.WithLabelValues(l[:]...).Inc()
		m.fires(l, e, 1)
	case incident.EntryReopened:
		m.fires(l, e, 1)
	case incident.EntryJoined:
		n, _ := strconv.Atoi(e.Data["alerts"])
		m.fires(l, e, n)
	case incident.EntrySilenced, incident.EntryUnsilenced, incident.EntrySilencing, incident.EntrySilencingEnded, incident.EntrySilencingFailed:
		m.silences.WithLabelValues(string(e.Kind)).Inc()
	case incident.EntryResolved:
		m.resolved.WithLabelValues(l[:]...).Inc()
		m.duration.WithLabelValues(l[:]...).Observe(e.At.Sub(s.OpenedAt).Seconds())
	case incident.EntryExhausted:
		m.exhausted.WithLabelValues(l[:]...).Inc()
	}
}

// fires counts alerts; what a person opens or gives back has none.
func (m *Metrics) fires(l [3]string, e *incident.Entry, alerts int) {
	if e.Actor.Kind != incident.ByUser && e.Actor.Kind != incident.ByToken {
		m.fired.WithLabelValues(l[:]...).Add(float64(alerts))
	}
}

// limiter caps how many label sets the incident metrics have: beyond it services are counted together.
type limiter struct {
	most  int
	mu    sync.Mutex
	known map[[3]string]bool
}

func (l *limiter) admit(service, environment, severity string) [3]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := [3]string{service, environment, severity}
	if l.known[k] {
		return k
	}
	if len(l.known) >= l.most {
		return [3]string{"_other", "_other", severity}
	}
	l.known[k] = true
	return k
}
