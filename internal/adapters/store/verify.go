package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/app/verify"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Verify reads all that must hold together, a picture at a time.
func (db *DB) Verify() verify.Reader { return verifier{db} }

type verifier struct{ db *DB }

var _ verify.Reader = verifier{}

// whole are the incidents of one page, by number.
type whole struct {
	tx *Tx
	at map[id.Incident]*verify.Incident
}

const incidentsAfter = `
	SELECT ` + incidentColumns + `
	FROM incident WHERE number > $1
	ORDER BY number LIMIT $2`

func (r verifier) Incidents(ctx context.Context, after id.Incident, limit int) (verify.Page[verify.Incident], error) {
	return pictured(ctx, r.db, func(tx *Tx) ([]verify.Incident, error) {
		out := make([]verify.Incident, 0, limit)
		err := tx.Query(ctx, incidentsAfter, func(scan engine.Scan) error {
			s, err := scanIncident(scan)
			if s.Number == 0 {
				return err
			}
			out = append(out, verify.Incident{
				Number: s.Number, State: s, Unreadable: err, Loose: make(map[int64]string),
				Pages: make(map[notification.PageKey]verify.Paged), Lanes: make(map[notification.Lane]time.Time),
			})
			return nil
		}, int64(after), limit)
		w := whole{tx, make(map[id.Incident]*verify.Incident, len(out))}
		for i := range out {
			w.at[out[i].Number] = &out[i]
		}
		if err != nil || len(out) == 0 {
			return out, err
		}
		return out, w.fill(ctx)
	})
}

// pictured reads a page and what it is held against in one picture.
func pictured[T any](ctx context.Context, db *DB, read func(tx *Tx) ([]T, error)) (p verify.Page[T], err error) {
	err = db.read(ctx, func(tx *Tx) (err error) {
		if p.All, err = read(tx); err != nil {
			return err
		}
		if p.People, err = tx.Directory().Current(ctx); err != nil {
			return err
		}
		return tx.Query(ctx, `SELECT beat_at FROM uptime WHERE id = 1`, func(scan engine.Scan) error {
			var beat int64
			err := scan(&beat)
			p.Beat = fromMicros(beat)
			return err
		})
	})
	return p, err
}

func (w whole) fill(ctx context.Context) error {
	numbers := int64s(slices.Sorted(maps.Keys(w.at)))
	for _, part := range []func(context.Context, []int64) error{w.listings, w.timers, w.entries, w.pages, w.deliveries, w.loose, w.alerts} {
		if err := part(ctx, numbers); err != nil {
			return err
		}
	}
	return nil
}

func (w whole) listings(ctx context.Context, numbers []int64) error {
	// By opened_at, too, which is what the table is found by; a listing under another moment is a stray.
	return w.tx.Query(ctx, `
		SELECT l.number, l.opened_at, l.status, l.severity, l.service_id, l.environment, l.team, l.assignee, l.search
		FROM incident i JOIN listing l ON l.opened_at = i.opened_at AND l.number = i.number
		WHERE i.number {in $1}`, func(scan engine.Scan) error {
		var n id.Incident
		var l verify.Listing
		var opened int64
		var status, severity int
		if err := scan(&n, &opened, &status, &severity, &l.Service, &l.Environment, &l.Team, &l.Assignee, &l.Search); err != nil {
			return err
		}
		in := w.at[n]
		l.OpenedAt, l.Severity, l.Expected = fromMicros(opened), alert.SeverityOfRank(severity), searchText(&in.State)
		l.Status, l.Unreadable = statusOf(status)
		in.Listed = append(in.Listed, l)
		return nil
	}, numbers)
}

func (w whole) timers(ctx context.Context, numbers []int64) error {
	return w.tx.Query(ctx, timerRows, func(scan engine.Scan) error {
		t, err := scanTimerRow(scan)
		if in := w.at[t.Incident]; in != nil {
			in.Timers = append(in.Timers, t)
		}
		return err
	}, numbers)
}

func (w whole) entries(ctx context.Context, numbers []int64) error {
	const seqs = `SELECT i.number, t.seq FROM incident i JOIN %s t ON t.opened_at = i.opened_at AND t.incident = i.number WHERE i.number {in $1}`
	return w.tx.Query(ctx, `
		SELECT number, count(*), count(DISTINCT seq), min(seq), max(seq)
		FROM (`+fmt.Sprintf(seqs, "timeline")+` UNION ALL `+fmt.Sprintf(seqs, "alert_history")+`) entries
		GROUP BY number`, func(scan engine.Scan) error {
		var n id.Incident
		var s verify.Sequence
		err := scan(&n, &s.Count, &s.Distinct, &s.Min, &s.Max)
		w.at[n].Entries = s
		return err
	}, numbers)
}

func (w whole) pages(ctx context.Context, numbers []int64) error {
	return w.tx.Query(ctx, `SELECT incident, round, pass, level, recipient, purpose, at FROM page WHERE incident {in $1}`, func(scan engine.Scan) error {
		var k notification.PageKey
		var p verify.Paged
		var to string
		var at int64
		err := scan(&k.Incident, &k.Round, &k.Pass, &k.Level, &to, &p.Purpose, &at)
		k.Recipient, p.At = recipientOf(to), fromMicros(at)
		w.at[k.Incident].Pages[k] = p
		return err
	}, numbers)
}

func (w whole) deliveries(ctx context.Context, numbers []int64) error {
	err := w.tx.Query(ctx, `SELECT `+deliveryColumns+` FROM delivery d WHERE d.incident {in $1} ORDER BY d.id`, func(scan engine.Scan) error {
		var d notification.Delivery
		err := scanDelivery(scan, &d)
		in := w.at[d.Page.Incident]
		in.Deliveries = append(in.Deliveries, d)
		return err
	}, numbers)
	if err != nil {
		return err
	}
	return w.tx.Query(ctx, `
		SELECT DISTINCT d.incident, d.lane, l.next_at
		FROM delivery d JOIN lane l ON l.lane = d.lane
		WHERE d.incident {in $1} AND d.status = 'waiting' AND l.next_at < $2`, func(scan engine.Scan) error {
		var n id.Incident
		var l notification.Lane
		var next int64
		err := scan(&n, &l, &next)
		w.at[n].Lanes[l] = time.UnixMicro(next).UTC()
		return err
	}, numbers, int64(never))
}

// loose: a delivery and its message are bound to each other in one transaction, once and for good.
func (w whole) loose(ctx context.Context, numbers []int64) error {
	return w.tx.Query(ctx, `
		SELECT d.incident, d.id, COALESCE(m.deliveries, '')
		FROM delivery d LEFT JOIN message m ON m.id = d.message
		WHERE d.incident {in $1} AND d.message <> ''`, func(scan engine.Scan) error {
		var n id.Incident
		var delivery int64
		var lists string
		if err := scan(&n, &delivery, &lists); err != nil {
			return err
		}
		var ids []int64
		switch err := decode(lists, &ids); {
		case lists == "":
			w.at[n].Loose[delivery] = "does not exist"
		case err != nil || !slices.Contains(ids, delivery):
			w.at[n].Loose[delivery] = "does not list it"
		}
		return nil
	}, numbers)
}

func (w whole) alerts(ctx context.Context, numbers []int64) error {
	return w.tx.Query(ctx, `SELECT `+alertColumns+` FROM alert a WHERE a.incident {in $1}`, func(scan engine.Scan) error {
		a, err := scanAlert(scan)
		if in := w.at[a.Incident]; in != nil {
			in.Alerts++
			if a.Firing && err == nil {
				in.Firing[a.Severity.Rank()]++
			}
		}
		return nil // one that cannot be read is found by itself
	}, numbers)
}

const alertsAfter = `
	SELECT ` + alertColumns + `
	FROM alert a WHERE (a.integration, a.fingerprint) > ($1, $2)
	ORDER BY a.integration, a.fingerprint LIMIT $3`

func (r verifier) Alerts(ctx context.Context, after alert.Key, limit int) (verify.Page[verify.Alert], error) {
	return pictured(ctx, r.db, func(tx *Tx) ([]verify.Alert, error) {
		var out []verify.Alert
		at, of := make(map[string]int), make(map[id.Incident]bool)
		err := tx.Query(ctx, alertsAfter, func(scan engine.Scan) error {
			a, err := scanAlert(scan)
			if a.Fingerprint == "" {
				return err
			}
			at[string(a.Integration)+"/"+a.Fingerprint] = len(out)
			of[a.Incident] = false
			out = append(out, verify.Alert{Alert: a, Unreadable: err})
			return nil
		}, string(after.Integration), after.Fingerprint, limit)
		if err != nil || len(out) == 0 {
			return out, err
		}
		known, err := tx.numbers(ctx, `SELECT number FROM incident WHERE number {in $1}`, int64s(slices.Collect(maps.Keys(of))))
		for _, n := range known {
			of[n] = true
		}
		for i := range out {
			out[i].Incident = of[out[i].Alert.Incident]
		}
		if err != nil {
			return out, err
		}
		return out, tx.Query(ctx, `SELECT kind, subject, generation, due_at FROM timer WHERE incident = 0 AND subject {in $1}`, func(scan engine.Scan) error {
			var t incident.Timer
			var due int64
			err := scan(&t.Kind, &t.Subject, &t.Generation, &due)
			t.DueAt = fromMicros(due)
			a := &out[at[t.Subject]]
			a.Timers = append(a.Timers, t)
			return err
		}, slices.Collect(maps.Keys(at)))
	})
}

const messagesAfter = `
	SELECT ` + messageColumns + `, look_at
	FROM message WHERE id > $1
	ORDER BY id LIMIT $2`

func (r verifier) Messages(ctx context.Context, after id.Message, limit int) ([]verify.Message, error) {
	var out []verify.Message
	err := r.db.read(ctx, func(tx *Tx) error {
		out = nil
		of, ids := make(map[int64]int), []int64(nil)
		err := tx.Query(ctx, messagesAfter, func(scan engine.Scan) error {
			var look int64
			m, lists, err := scanMessage(func(dest ...any) error { return scan(append(dest, &look)...) })
			if m.ID == "" {
				return err
			}
			for _, d := range lists {
				of[d] = len(out)
			}
			ids = append(ids, lists...)
			out = append(out, verify.Message{Message: m, Unreadable: err, LookAt: fromMicros(look), Lists: lists})
			return nil
		}, string(after), limit)
		if err != nil || len(ids) == 0 {
			return err
		}
		return tx.Query(ctx, deliveriesByID, func(scan engine.Scan) error {
			var d notification.Delivery
			err := scanDelivery(scan, &d)
			m := &out[of[d.ID]]
			m.Deliveries = append(m.Deliveries, d)
			return err
		}, ids)
	})
	return out, err
}

// owned is a table whose rows belong to incidents, by the key in whose order it is read. Where opened_at is a part of
// it, the incident must have been opened then.
type owned struct {
	table, incident string
	key             []string
	texts           int // how many columns at the end of the key are texts
}

func ownedTables() []owned {
	return []owned{
		{"listing", "number", []string{"opened_at", "number"}, 0},
		{"timeline", "incident", []string{"opened_at", "incident", "seq"}, 0},
		{"alert_history", "incident", []string{"opened_at", "incident", "seq"}, 0},
		{"timer", "incident", []string{"incident", "kind", "subject"}, 2},
		{"page", "incident", []string{"incident", "round", "pass", "level", "recipient"}, 1},
		{"delivery", "incident", []string{"id"}, 0},
		{"correlation", "incident", []string{"key"}, 1},
	}
}

func (verifier) Tables() []string {
	var out []string
	for _, o := range ownedTables() {
		out = append(out, o.table)
	}
	return out
}

func (r verifier) Rows(ctx context.Context, table string, after verify.Place, limit int) (verify.Rows, error) {
	for _, o := range ownedTables() {
		if o.table == table {
			return r.rows(ctx, o, after, limit)
		}
	}
	return verify.Rows{}, fmt.Errorf("no table %s belongs to incidents", table)
}
