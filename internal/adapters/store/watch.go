package store

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Pulses say when each part was last well.
func (tx *Tx) Pulses() ports.Pulses { return pulses{tx} }

type pulses struct{ tx *Tx }

func (r pulses) Beat(ctx context.Context, name string, p ports.Pulse) error {
	_, err := r.tx.Exec(ctx, `
		INSERT INTO pulse (name, at, took) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET at = excluded.at, took = excluded.took`, name, micros(p.At), p.Took.Microseconds())
	return err
}

func (r pulses) Last(ctx context.Context) (map[string]ports.Pulse, error) {
	out := make(map[string]ports.Pulse)
	err := r.tx.Query(ctx, `SELECT name, at, took FROM pulse`, func(scan engine.Scan) error {
		var name string
		var at, took int64
		err := scan(&name, &at, &took)
		out[name] = ports.Pulse{At: fromMicros(at), Took: time.Duration(took) * time.Microsecond}
		return err
	})
	return out, err
}

// Probes are the traces of the synthetic alert.
func (tx *Tx) Probes() ports.Probes { return probes{tx} }

type probes struct{ tx *Tx }

// The incident is locked first, as everybody does, then its lane: whoever claims from it has ended, and the message that
// they made is seen. Its correlation key stays: it leads to nothing until the next one is opened.
const (
	lockProbe     = `SELECT opened_at FROM incident WHERE number = $1 {for update}`
	lockProbeLane = `SELECT lane FROM lane WHERE lane = $1 {for update}`
)

func clearProbe() []string {
	return []string{
		`DELETE FROM message WHERE id IN (SELECT message FROM delivery WHERE incident = $1 AND message <> '')`,
		`DELETE FROM delivery WHERE incident = $1`,
		`DELETE FROM page WHERE incident = $1`,
		`DELETE FROM timer WHERE incident = $1`,
		`DELETE FROM incident WHERE number = $1`,
	}
}

func (r probes) Clear(ctx context.Context) error {
	n := int64(id.Probe)
	var opened int64
	if err := r.tx.Query(ctx, lockProbe, func(scan engine.Scan) error { return scan(&opened) }, n); err != nil {
		return err
	}
	lane := directory.ProbeLane()
	if err := r.tx.Query(ctx, lockProbeLane, func(scan engine.Scan) error { return scan(&lane) }, string(lane)); err != nil {
		return err
	}
	for _, statement := range clearProbe() {
		if _, err := r.tx.Exec(ctx, statement, n); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		`DELETE FROM timeline WHERE opened_at = $1 AND incident = $2`, `DELETE FROM alert_history WHERE opened_at = $1 AND incident = $2`,
	} {
		if _, err := r.tx.Exec(ctx, statement, opened, n); err != nil {
			return err
		}
	}
	if _, err := r.tx.Exec(ctx, `DELETE FROM alert WHERE integration = $1`, string(directory.ProbeIntegration)); err != nil {
		return err
	}
	_, err := r.tx.Exec(ctx, `DELETE FROM lane WHERE lane = $1`, string(lane))
	return err
}

func (r probes) Reached(ctx context.Context) (time.Time, error) {
	var at int64
	err := r.tx.Query(ctx, `
		SELECT m.sent_at FROM delivery d JOIN message m ON m.id = d.message
		WHERE d.incident = $1 AND m.sent_at > 0`, func(scan engine.Scan) error { return scan(&at) }, int64(id.Probe))
	return fromMicros(at), err
}

var (
	_ ports.Pulses = pulses{}
	_ ports.Probes = probes{}
)
