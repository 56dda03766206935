package store

import (
	"context"
	"errors"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Alerts keeps alerts.
func (tx *Tx) Alerts() ports.Alerts { return alerts{tx} }

type alerts struct{ tx *Tx }

// alertState is what of an alert no query looks into.
type alertState struct {
	Start    time.Time          `json:"start,omitzero"`
	OurStart bool               `json:"our_start,omitempty"`
	BeganAt  time.Time          `json:"began_at,omitzero"`
	EndedAt  time.Time          `json:"ended_at,omitzero"`
	Stale    bool               `json:"stale,omitempty"`
	Graced   bool               `json:"graced,omitempty"`
	KnownEnd time.Time          `json:"known_end,omitzero"`
	OverAt   time.Time          `json:"over_at,omitzero"`
	Seen     []alert.Occurrence `json:"seen,omitempty"`
	Doubt    *alert.Doubt       `json:"doubt,omitempty"`
	Repeat   time.Duration      `json:"repeat,omitempty"`
	Lease    time.Duration      `json:"lease,omitempty"`
	Sender   string             `json:"sender,omitempty"`
	Every    time.Duration      `json:"every,omitempty"`
	Received int64              `json:"received,omitempty"`
	Silence  alert.Silence      `json:"silence,omitzero"`
	ListedBy string             `json:"listed_by,omitempty"`
	Missed   bool               `json:"missed,omitempty"`
}

const alertColumns = `a.integration, a.fingerprint, a.version, a.firing, a.incident, a.last_seen, a.state, a.labels`

var findAlerts = engine.Over(`
	SELECT ` + alertColumns + `
	FROM {rows integration text, fingerprint text} AS k
	JOIN alert a ON a.integration = k.integration AND a.fingerprint = k.fingerprint`)

func (r alerts) Find(ctx context.Context, keys []alert.Key) (map[alert.Key]alert.Alert, error) {
	b := findAlerts.Rows(len(keys))
	for _, k := range keys {
		b.Add(string(k.Integration), k.Fingerprint)
	}
	out := make(map[alert.Key]alert.Alert, len(keys))
	err := r.tx.QueryRows(ctx, b, func(scan engine.Scan) error {
		a, err := scanAlert(scan)
		out[a.Key] = a
		return err
	})
	return out, err
}

const firingAlerts = `
	SELECT ` + alertColumns + `
	FROM alert a WHERE a.incident {in $1} AND a.firing
	ORDER BY a.incident, a.integration, a.fingerprint`

func (r alerts) Firing(ctx context.Context, incidents []id.Incident) ([]alert.Alert, error) {
	return r.tx.alerts(ctx, firingAlerts, int64s(incidents))
}

func (tx *Tx) alerts(ctx context.Context, query string, args ...any) ([]alert.Alert, error) {
	var out []alert.Alert
	err := tx.Query(ctx, query, func(scan engine.Scan) error {
		a, err := scanAlert(scan)
		out = append(out, a)
		return err
	}, args...)
	return out, err
}

func scanAlert(scan engine.Scan) (alert.Alert, error) {
	var a alert.Alert
	var state, labels string
	var seen int64
	if err := scan(&a.Integration, &a.Fingerprint, &a.Version, &a.Firing, &a.Incident, &seen, &state, &labels); err != nil {
		return a, err
	}
	var s alertState
	err := errors.Join(decode(state, &s), decode(labels, &a.LabelSet))
	a.LastSeen = fromMicros(seen)
	a.Start, a.OurStart, a.BeganAt, a.EndedAt, a.Stale, a.Graced = s.Start, s.OurStart, s.BeganAt, s.EndedAt, s.Stale, s.Graced
	a.KnownEnd, a.OverAt, a.Seen, a.Doubt, a.Repeat, a.Received = s.KnownEnd, s.OverAt, s.Seen, s.Doubt, s.Repeat, s.Received
	a.Lease, a.Sender, a.Every = s.Lease, s.Sender, s.Every
	a.Silence, a.ListedBy, a.Missed = s.Silence, s.ListedBy, s.Missed
	return a, err
}

var (
	insertAlert = engine.Insert("alert", `integration text, fingerprint text, version bigint, firing boolean, incident bigint,
		last_seen bigint, state text, labels text`, "")
	updateAlert = engine.Update("alert", `integration text, fingerprint text, version bigint`, `firing boolean, incident bigint,
		last_seen bigint, state text, labels text`, "version = alert.version + 1")
)

func (r alerts) Save(ctx context.Context, list []alert.Alert) error {
	insert, update := insertAlert.Rows(len(list)), updateAlert.Rows(len(list)).MustAffect()
	for i := range list {
		a := &list[i]
		state, err := encode(alertState{
			Start: a.Start, OurStart: a.OurStart, BeganAt: a.BeganAt, EndedAt: a.EndedAt, Stale: a.Stale, Graced: a.Graced,
			KnownEnd: a.KnownEnd, OverAt: a.OverAt, Seen: a.Seen, Doubt: a.Doubt, Repeat: a.Repeat, Received: a.Received,
			Lease: a.Lease, Sender: a.Sender, Every: a.Every, Silence: a.Silence, ListedBy: a.ListedBy, Missed: a.Missed,
		})
		if err != nil {
			return err
		}
		labels, err := encode(&a.LabelSet)
		if err != nil {
			return err
		}
		if a.Version == 0 {
			insert.Add(string(a.Integration), a.Fingerprint, int64(1), a.Firing, int64(a.Incident), micros(a.LastSeen), state, labels)
		} else {
			update.Add(a.Firing, int64(a.Incident), micros(a.LastSeen), state, labels, string(a.Integration), a.Fingerprint, a.Version)
		}
	}
	return r.tx.Send(ctx, insert, update)
}

var insertEvent = engine.Insert("alert_history", `opened_at bigint, incident bigint, seq bigint, at bigint, kind text,
	integration text, fingerprint text, name text, severity bigint, start_at bigint, began_at bigint`, "")

func (r alerts) Record(ctx context.Context, events []alert.Event) error {
	b := insertEvent.Rows(len(events))
	for _, e := range events {
		b.Add(micros(e.OpenedAt), int64(e.Incident), e.Seq, micros(e.At), e.Kind,
			string(e.Integration), e.Fingerprint, e.Name, int64(e.Severity.Rank()), micros(e.Start), micros(e.BeganAt))
	}
	return r.tx.Send(ctx, b)
}

// moveAlerts locks the rows in the order of their keys, as everybody does.
const moveAlerts = `
	UPDATE alert SET incident = $1, version = alert.version + 1
	FROM (SELECT integration, fingerprint FROM alert WHERE incident = $2 ORDER BY integration, fingerprint {for update}) AS moved
	WHERE alert.integration = moved.integration AND alert.fingerprint = moved.fingerprint`

func (r alerts) Move(ctx context.Context, from, to id.Incident) error {
	_, err := r.tx.Exec(ctx, moveAlerts, int64(to), int64(from))
	return err
}

// Quarantine keeps what cannot be an alert.
func (tx *Tx) Quarantine() ports.Quarantine { return quarantine{tx} }

type quarantine struct{ tx *Tx }

var insertQuarantined = engine.Insert("quarantine", `id text, integration text, at bigint, reason text, raw text`, "")

func (r quarantine) Add(ctx context.Context, items []alert.Quarantined) error {
	b := insertQuarantined.Rows(len(items))
	for _, q := range items {
		b.Add(q.ID, string(q.Integration), micros(q.At), q.Reason, q.Raw)
	}
	return r.tx.Send(ctx, b)
}

func (r quarantine) Dismiss(ctx context.Context, ids []string) (int, error) {
	n, err := r.tx.Exec(ctx, `DELETE FROM quarantine WHERE id {in $1}`, ids)
	return int(n), err
}

var (
	_ ports.Alerts     = alerts{}
	_ ports.Quarantine = quarantine{}
)
