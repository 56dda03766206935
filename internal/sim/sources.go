package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// source is a pair of Alertmanagers: it knows what is true, and both of it send that until somebody says 2xx.
type source struct {
	w      *world
	id     id.Integration
	alerts []*truth
}

// truth is one alert as it really is.
type truth struct {
	name, service string
	severity      string
	firing        bool
	starts, ends  time.Time
	told          bool // the present state was answered with 2xx
	past          []alert.Signal
}

func (w *world) newSources() {
	severities := []string{"critical", "error", "warning", "info", "critical"}
	names := []string{"web", "db", "api", "old", "new-1", ""}
	for s, integration := range []id.Integration{"am", "prom"} {
		src := &source{w: w, id: integration}
		for i := range 3 + w.rng.IntN(6) {
			src.alerts = append(src.alerts, &truth{
				name: fmt.Sprintf("a%d%d", s, i), service: names[w.rng.IntN(len(names))], severity: severities[w.rng.IntN(len(severities))],
			})
		}
		w.sources = append(w.sources, src)
		w.after(between(w.rng, 0, time.Minute), src.act)
	}
}

// act changes something in the world, or repeats what is, or brings up what was.
func (s *source) act() {
	w := s.w
	if w.calm {
		return
	}
	batch := []alert.Signal{}
	for _, i := range w.rng.Perm(len(s.alerts))[:1+w.rng.IntN(3)] {
		t := s.alerts[i]
		switch p := w.rng.Float64(); {
		case p < 0.5 && !t.firing:
			t.firing, t.starts, t.ends = true, w.now(), time.Time{}
		case p < 0.3:
			t.firing, t.ends = false, w.now()
		case p < 0.36 && t.firing: // it gets worse or better while it fires
			t.severity = []string{"critical", "error", "warning"}[w.rng.IntN(3)]
		}
		if t.starts.IsZero() {
			continue
		}
		now := t.signal()
		if n := len(t.past); n > 0 && w.rng.Float64() < 0.15 {
			batch = append(batch, t.past[w.rng.IntN(n)]) // the other one of the pair is behind
		}
		t.past = append(t.past, now)
		batch = append(batch, now)
	}
	s.send(batch, func() {})
	if w.rng.Float64() < 0.4 {
		w.after(between(w.rng, 0, 20*time.Second), func() { s.send(batch, func() {}) })
	}
	w.after(between(w.rng, time.Second, 90*time.Second), s.act)
}

func (t *truth) signal() alert.Signal {
	l := map[string]string{"alertname": t.name, "severity": t.severity, "environment": "prod"}
	if t.service != "" {
		l["service"] = t.service
	}
	return alert.Signal{Fingerprint: t.name, Firing: t.firing, StartsAt: t.starts, EndsAt: t.ends, Labels: l}
}

// send posts a batch until it is taken, as Alertmanager does.
func (s *source) send(batch []alert.Signal, taken func()) {
	w := s.w
	if len(batch) == 0 {
		return
	}
	again := func() { w.after(between(w.rng, time.Second, 8*time.Second), func() { s.send(batch, taken) }) }
	r := w.anyReplica()
	if r == nil {
		again()
		return
	}
	var bad []alert.Quarantined
	if w.rng.Float64() < 0.05 {
		bad = append(bad, alert.Quarantined{Reason: "neither labels nor fingerprint", Raw: "{}"})
	}
	var results []intake.Result
	from := &directory.Integration{ID: s.id, Name: string(s.id), Kind: directory.Alertmanager}
	w.task(r, "alerts", func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
		defer cancel()
		results, err = r.receive.Do(ctx, from, batch, bad, 0)
		return err
	}, func(err error) {
		w.model.received(s, batch, bad, results, err)
		if err != nil {
			again()
			return
		}
		taken()
	})
}
