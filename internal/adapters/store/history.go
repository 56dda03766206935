package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// History is what is over.
func (db *DB) History() ports.History { return history{db} }

// Records takes it out whole.
func (db *DB) Records() ports.Records { return history{db} }

// Others is what goes besides.
func (db *DB) Others() ports.Others { return history{db} }

type history struct{ db *DB }

var (
	_ ports.History = history{}
	_ ports.Records = history{}
	_ ports.Others  = history{}
)

const resolvedAfter = `
	SELECT i.number, i.version, i.opened_at, i.resolved_at
	FROM listing l JOIN incident i ON i.number = l.number
	WHERE l.status = 2 AND l.opened_at < $1 AND (l.opened_at, l.number) > ($2, $3)
	ORDER BY l.opened_at, l.number LIMIT $4`

func (r history) Over(ctx context.Context, before time.Time, after ports.Past, limit int) (over []ports.Past, next ports.Past, err error) {
	err = r.db.read(ctx, func(tx *Tx) error {
		var all []ports.Past
		err := tx.Query(ctx, resolvedAfter, func(scan engine.Scan) error {
			var p ports.Past
			var opened, resolved int64
			err := scan(&p.Number, &p.Version, &opened, &resolved)
			p.OpenedAt, p.ResolvedAt = fromMicros(opened), fromMicros(resolved)
			all = append(all, p)
			return err
		}, micros(before), micros(after.OpenedAt), int64(after.Number), limit)
		if err != nil {
			return err
		}
		next = ports.Past{}
		if len(all) == limit {
			next = all[limit-1]
		}
		over = slices.DeleteFunc(all, func(p ports.Past) bool { return !p.ResolvedAt.Before(before) })
		over, err = tx.withoutPending(ctx, over)
		return err
	})
	return over, next, err
}

func numbersOf(past []ports.Past) []int64 {
	out := make([]int64, len(past))
	for i, p := range past {
		out[i] = int64(p.Number)
	}
	return out
}

// pendingOf find what of resolved incidents $1 is not over.
func pendingOf() []string {
	return []string{
		`SELECT DISTINCT incident FROM timer WHERE incident {in $1}`,
		`SELECT DISTINCT incident FROM alert WHERE incident {in $1} AND firing`,
		`SELECT DISTINCT a.incident FROM alert a JOIN timer t ON t.incident = 0 AND t.kind IN ('doubt', 'stale') AND t.subject = a.integration || '/' || a.fingerprint
		 WHERE a.incident {in $1}`,
		`SELECT g.incident FROM merged g JOIN incident s ON s.number = g.survivor WHERE g.incident {in $1} AND s.status < 2`,
		`SELECT DISTINCT d.incident FROM delivery d LEFT JOIN message m ON m.id = d.message
		 WHERE d.incident {in $1} AND (d.status IN ('waiting', 'sending') OR m.look_at > 0)`,
	}
}

func (tx *Tx) withoutPending(ctx context.Context, past []ports.Past) ([]ports.Past, error) {
	pending := map[id.Incident]bool{}
	for _, query := range pendingOf() {
		numbers, err := tx.numbers(ctx, query, numbersOf(past))
		if err != nil {
			return nil, err
		}
		for _, n := range numbers {
			pending[n] = true
		}
	}
	return slices.DeleteFunc(past, func(p ports.Past) bool { return pending[p.Number] }), nil
}

// lockOver is for incidents that nobody may change while they are forgotten.
const lockOver = `SELECT number, version, opened_at FROM incident WHERE number {in $1} AND status = 2 AND resolved_at < $2 ORDER BY number {for update}`

// forgetting removes what belongs to incidents, by their numbers $1 and the moments $2 at which they were opened.
func forgetting() []string {
	return []string{
		`DELETE FROM timeline WHERE incident {in $1} AND opened_at {in $2}`,
		`DELETE FROM alert_history WHERE incident {in $1} AND opened_at {in $2}`,
		`DELETE FROM listing WHERE number {in $1} AND opened_at {in $2}`,
	}
}

// forgettingByNumber does where their number is enough.
func forgettingByNumber() []string {
	return []string{
		`DELETE FROM delivery WHERE incident {in $1}`,
		`DELETE FROM page WHERE incident {in $1}`,
		`DELETE FROM alert WHERE incident {in $1}`,
		`DELETE FROM merged WHERE incident {in $1}`,
		`DELETE FROM incident WHERE number {in $1}`,
	}
}

// atomically runs f as a use case's transaction: again after a conflict with others.
func (r history) atomically(ctx context.Context, f func(context.Context, *Tx) error) error {
	return Atomic(r.db, People, func(tx *Tx) *Tx { return tx })(ctx, f)
}

func (r history) Forget(ctx context.Context, past []ports.Past, before time.Time) (n int, err error) {
	err = r.atomically(ctx, func(ctx context.Context, tx *Tx) error {
		type as struct{ version, opened int64 }
		is := map[id.Incident]as{}
		err := tx.Query(ctx, lockOver, func(scan engine.Scan) error {
			var number id.Incident
			var a as
			err := scan(&number, &a.version, &a.opened)
			is[number] = a
			return err
		}, numbersOf(past), micros(before))
		if err != nil {
			return err
		}
		same := slices.DeleteFunc(slices.Clone(past), func(p ports.Past) bool { return is[p.Number] != as{p.Version, micros(p.OpenedAt)} })
		if same, err = tx.withoutPending(ctx, same); err != nil {
			return err
		}
		n = len(same)
		return tx.forgetIncidents(ctx, same)
	})
	return n, err
}

func (tx *Tx) forgetIncidents(ctx context.Context, past []ports.Past) error {
	numbers, opened := numbersOf(past), make([]int64, len(past))
	for i, p := range past {
		opened[i] = micros(p.OpenedAt)
	}
	if err := tx.forgetMessages(ctx, numbers); err != nil {
		return err
	}
	for _, s := range forgetting() {
		if _, err := tx.Exec(ctx, s, numbers, opened); err != nil {
			return err
		}
	}
	for _, s := range forgettingByNumber() {
		if _, err := tx.Exec(ctx, s, numbers); err != nil {
			return err
		}
	}
	return nil
}

const (
	messagesOf   = `SELECT id, deliveries FROM message WHERE id IN (SELECT message FROM delivery WHERE incident {in $1} AND message <> '')`
	ofOthers     = `SELECT id, incident FROM delivery WHERE id {in $1}`
	dropMessages = `DELETE FROM message WHERE id {in $1}`
)

// forgetMessages leaves those that told of other incidents, too, as theirs alone.
func (tx *Tx) forgetMessages(ctx context.Context, numbers []int64) error {
	tells := map[int64][]string{} // messages of deliveries
	messages := map[string]bool{}
	stay := map[string][]int64{} // the deliveries of other incidents
	err := tx.Query(ctx, messagesOf, func(scan engine.Scan) error {
		var m, list string
		var deliveries []int64
		if err := scan(&m, &list); err != nil {
			return err
		}
		messages[m] = true
		err := decode(list, &deliveries)
		for _, d := range deliveries {
			tells[d] = append(tells[d], m)
		}
		return err
	}, numbers)
	if err != nil || len(messages) == 0 {
		return err
	}
	going := map[int64]bool{}
	for _, n := range numbers {
		going[n] = true
	}
	err = tx.Query(ctx, ofOthers, func(scan engine.Scan) error {
		var d, incident int64
		err := scan(&d, &incident)
		if !going[incident] {
			for _, m := range tells[d] {
				delete(messages, m)
				stay[m] = append(stay[m], d)
			}
		}
		return err
	}, slices.Collect(maps.Keys(tells)))
	if err != nil {
		return err
	}
	if err := tx.relist(ctx, stay); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, dropMessages, list(slices.Collect(maps.Keys(messages))))
	return err
}

var relistMessages = engine.Update("message", "id text", "deliveries text", "")

// relist says anew of which deliveries messages are made.
func (tx *Tx) relist(ctx context.Context, lists map[string][]int64) error {
	b := relistMessages.Rows(len(lists))
	for _, m := range slices.Sorted(maps.Keys(lists)) {
		slices.Sort(lists[m])
		text, err := encode(slices.Compact(lists[m]))
		if err != nil {
			return err
		}
		b.Add(text, m)
	}
	return tx.Send(ctx, b)
}

// counting and dropping what goes by itself: before $1, $2 at once.
func other(what ports.Gone) (counting, dropping string) {
	switch what {
	case ports.GoneQuarantine:
		return `SELECT count(*) FROM quarantine WHERE at < $1`,
			`DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine WHERE at < $1 ORDER BY at, id LIMIT $2)`
	case ports.GonePayloads:
		return `SELECT count(*) FROM payload WHERE at < $1`,
			`DELETE FROM payload WHERE (integration, at) IN (SELECT integration, at FROM payload WHERE at < $1 LIMIT $2)`
	default:
		return `SELECT count(*) FROM message WHERE id < $1 AND deliveries IN ('[]', 'null') AND look_at = 0`,
			`DELETE FROM message WHERE id IN (SELECT id FROM message WHERE id < $1 AND deliveries IN ('[]', 'null') AND look_at = 0 ORDER BY id LIMIT $2)`
	}
}

// moment is $1 of what goes by itself: messages have their time in their names (UUIDv7, RFC 9562).
func moment(what ports.Gone, before time.Time) any {
	if what == ports.GoneMessages {
		return fmt.Sprintf("%012x", before.UnixMilli())[:8] + "-" + fmt.Sprintf("%012x", before.UnixMilli())[8:]
	}
	return micros(before)
}

func (r history) ForgetOther(ctx context.Context, what ports.Gone, before time.Time, limit int) (int, error) {
	n := int64(0)
	_, dropping := other(what)
	err := r.atomically(ctx, func(ctx context.Context, tx *Tx) (err error) {
		n, err = tx.Exec(ctx, dropping, moment(what, before), limit)
		return err
	})
	return int(n), err
}

func (r history) CountOther(ctx context.Context, what ports.Gone, before time.Time) (n int, err error) {
	counting, _ := other(what)
	err = r.db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, counting, func(scan engine.Scan) error { return scan(&n) }, moment(what, before))
	})
	return n, err
}

const (
	// Those that somebody has now are of no old incident.
	someKeys = `SELECT key, incident FROM correlation WHERE key > $1 ORDER BY key LIMIT $2 {for update skip locked}`
	dropKeys = `DELETE FROM correlation WHERE key {in $1}`
)

func (r history) ForgetKeys(ctx context.Context, after string, limit int) (last string, err error) {
	err = r.atomically(ctx, func(ctx context.Context, tx *Tx) error {
		leads, n := map[string]int64{}, 0
		err := tx.Query(ctx, someKeys, func(scan engine.Scan) error {
			var incident int64
			err := scan(&last, &incident)
			leads[last] = incident
			n++
			return err
		}, after, limit)
		if err != nil {
			return err
		}
		if n < limit {
			last = ""
		}
		there, err := tx.numbers(ctx, `SELECT number FROM incident WHERE number {in $1}`, slices.Collect(maps.Values(leads)))
		if err != nil {
			return err
		}
		maps.DeleteFunc(leads, func(_ string, incident int64) bool {
			return incident <= 0 || slices.Contains(there, id.Incident(incident))
		})
		_, err = tx.Exec(ctx, dropKeys, list(slices.Collect(maps.Keys(leads))))
		return err
	})
	return last, err
}

// recorded are the tables of which records have rows.
func (t table) recorded() bool { return t.owned() || t.keyed() || t.name == "merged" }

func (r history) Records(ctx context.Context, of []ports.Past) ([]ports.Record, error) {
	at := map[id.Incident]int{}
	var out []ports.Record
	err := r.db.read(ctx, func(tx *Tx) error {
		tables, err := tx.tables(ctx)
		if err != nil {
			return err
		}
		out = nil
		clear(at)
		for _, p := range of {
			at[p.Number] = len(out)
			out = append(out, ports.Record{Number: p.Number, Version: p.Version, Rows: map[string][]map[string]json.RawMessage{}})
		}
		for _, t := range tables {
			if err := tx.record(ctx, t, numbersOf(of), func(n id.Incident) *ports.Record { return &out[at[n]] }); err != nil {
				return err
			}
		}
		return nil
	})
	return slices.DeleteFunc(out, func(r ports.Record) bool { // what is gone, or has changed since it was looked at
		own := r.Rows["incident"]
		return len(own) == 0 || string(own[0]["version"]) != strconv.FormatInt(r.Version, 10)
	}), err
}
