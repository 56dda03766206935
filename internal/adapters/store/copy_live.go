package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// incidentsAtOnce is how many incidents a copy reads with all that is theirs in one transaction.
const incidentsAtOnce = 200

// calmRounds is how often what changed is read again before the last transaction takes what is left, however much.
const calmRounds = 8

// liveCopy copies a database that others write, without a transaction that lasts: what is long is read some at a time,
// and in the last transaction what changed since, what may change without being told in the feed, and what is short.
type liveCopy struct {
	from, to *DB
	tables   []table
	late     func() // called before the last transaction

	place   ports.Place          // in the feed of changes, as far as it was followed
	changed map[id.Incident]bool // since they were read
	touched map[id.Incident]bool // since the copy began
	sending map[id.Incident]bool // something was being sent when they were read: that goes on without a version
	unsaid  []string             // messages that were not through when they were read
	last    string               // the newest message that was read
}

func (c *liveCopy) run(ctx context.Context) error {
	c.changed, c.touched, c.sending = map[id.Incident]bool{}, map[id.Incident]bool{}, map[id.Incident]bool{}
	err := c.from.read(ctx, func(tx *Tx) (err error) {
		c.place, err = tx.Changes().Newest(ctx)
		return err
	})
	for _, part := range []func(context.Context) error{c.incidents, c.byKey, c.again, func(ctx context.Context) error { c.late(); return c.rest(ctx) }} {
		if err == nil {
			err = part(ctx)
		}
	}
	return err
}

// How a table is read: with its incidents; by its own key, as it may be long, and what is alive in it again at the end;
// or whole at the end.
func (t table) owned() bool {
	return slices.Contains([]string{"incident", "listing", "timeline", "alert_history", "page", "delivery"}, t.name)
}
func (t table) keyed() bool { return t.name == "alert" || t.name == "message" }

// ofIncidents finds the rows of incidents $1.
func (t table) ofIncidents() string {
	match := "t.incident = i.number"
	switch {
	case t.name == "message":
		return fmt.Sprintf(`SELECT %s FROM message WHERE id IN (SELECT message FROM delivery WHERE incident {in $1} AND message <> '')`, t.list(""))
	case t.has("number"):
		match = "t.number = i.number"
	}
	if t.has("opened_at") {
		match += " AND t.opened_at = i.opened_at" // their key begins with it
	}
	return fmt.Sprintf(`SELECT %s FROM incident i JOIN %s t ON %s WHERE i.number {in $1}`, t.list("t."), t.name, match)
}

// incidents reads all incidents with what is theirs, and follows the feed meanwhile.
func (c *liveCopy) incidents(ctx context.Context) error {
	for after := id.Incident(math.MinInt64); ; {
		var numbers []id.Incident
		var got map[string][]row
		err := c.from.read(ctx, func(tx *Tx) (err error) {
			numbers, err = tx.numbers(ctx, `SELECT number FROM incident WHERE number > $1 ORDER BY number LIMIT $2`, int64(after), incidentsAtOnce)
			if err != nil || len(numbers) == 0 {
				return err
			}
			if got, err = c.read(ctx, tx, table.owned, numbers); err != nil {
				return err
			}
			busy, err := tx.numbers(ctx, `SELECT DISTINCT incident FROM delivery WHERE incident {in $1} AND status IN ('waiting', 'sending')`, int64s(numbers))
			for _, n := range busy {
				c.sending[n] = true
			}
			return err
		})
		if err == nil {
			err = errors.Join(c.put(ctx, got), c.follow(ctx))
		}
		if err != nil || len(numbers) == 0 {
			return err
		}
		after = numbers[len(numbers)-1]
	}
}

// read gives the rows of incidents, by table.
func (c *liveCopy) read(ctx context.Context, tx *Tx, which func(table) bool, numbers []id.Incident) (map[string][]row, error) {
	got := make(map[string][]row)
	for _, t := range c.tables {
		if !which(t) {
			continue
		}
		rows, err := tx.rows(ctx, t, t.ofIncidents(), int64s(numbers))
		if err != nil {
			return nil, err
		}
		got[t.name] = rows
	}
	return got, nil
}

func (c *liveCopy) put(ctx context.Context, got map[string][]row) error {
	for _, t := range c.tables {
		for some := range slices.Chunk(got[t.name], rowsAtOnce) {
			if err := c.to.put(ctx, t, some); err != nil {
				return err
			}
		}
	}
	return nil
}

// follow notes which incidents changed since the feed was read last.
func (c *liveCopy) follow(ctx context.Context) error {
	for {
		var changed []ports.Changed
		err := c.from.read(ctx, func(tx *Tx) (err error) {
			changed, err = tx.Changes().Tail(ctx, c.place, rowsAtOnce)
			return err
		})
		for _, one := range changed {
			c.note(one.Incident)
			c.place = one.Place
		}
		if err != nil || len(changed) < rowsAtOnce {
			return err
		}
	}
}

func (c *liveCopy) note(n id.Incident) { c.changed[n], c.touched[n] = true, true }

// byKey reads the long tables that belong to no incident alone.
func (c *liveCopy) byKey(ctx context.Context) error {
	for _, t := range c.tables {
		if !t.keyed() {
			continue
		}
		err := t.walk(ctx, func(f func(*Tx) error) error { return c.from.read(ctx, f) }, func(rows []row) error {
			if t.name == "message" {
				c.noteUnsaid(t, rows)
			}
			return errors.Join(c.to.put(ctx, t, rows), c.follow(ctx))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *liveCopy) noteUnsaid(t table, rows []row) {
	look := slices.Index(t.columns, "look_at")
	for _, r := range rows {
		c.last = r[t.key[0]].(string) //nolint:forcetypeassert // by the column's type
		if r[look] != int64(0) {
			c.unsaid = append(c.unsaid, c.last)
		}
	}
}

// again reads what changed once more, until little does: the last transaction is to be short.
func (c *liveCopy) again(ctx context.Context) error {
	for range calmRounds {
		if len(c.changed) <= incidentsAtOnce {
			return nil
		}
		numbers := slices.Collect(maps.Keys(c.changed))
		clear(c.changed)
		for some := range slices.Chunk(numbers, incidentsAtOnce) {
			var got map[string][]row
			err := c.from.read(ctx, func(tx *Tx) (err error) {
				got, err = c.read(ctx, tx, table.owned, some)
				return err
			})
			if err = errors.Join(err, c.put(ctx, got), c.follow(ctx)); err != nil {
				return err
			}
		}
	}
	return nil
}

// rest is the last transaction: after it the copy is as the database was at its moment.
func (c *liveCopy) rest(ctx context.Context) error {
	return c.from.read(ctx, func(tx *Tx) error {
		late, err := tx.numbers(ctx, `SELECT DISTINCT incident FROM change WHERE (xid, seq) > ($1, $2)`, c.place.Tx, c.place.Seq)
		if err != nil {
			return err
		}
		for _, n := range late {
			c.note(n)
		}
		maps.Copy(c.changed, c.sending)
		maps.Copy(c.touched, c.sending)
		if err := c.incidentsOf(ctx, tx, table.owned, c.changed); err != nil {
			return err
		}
		if err := c.incidentsOf(ctx, tx, table.keyed, c.touched); err != nil {
			return err
		}
		for _, t := range c.tables {
			if err := c.finish(ctx, tx, t); err != nil {
				return err
			}
		}
		return errors.Join(c.numbering(ctx, tx), c.forgotten(ctx, tx))
	})
}

func (c *liveCopy) incidentsOf(ctx context.Context, tx *Tx, which func(table) bool, of map[id.Incident]bool) error {
	for some := range slices.Chunk(slices.Collect(maps.Keys(of)), incidentsAtOnce) {
		got, err := c.read(ctx, tx, which, some)
		if err = errors.Join(err, c.put(ctx, got)); err != nil {
			return err
		}
	}
	return nil
}

// finish reads what is alive of a long table, and short ones whole.
func (c *liveCopy) finish(ctx context.Context, tx *Tx, t table) error {
	switch {
	case t.owned():
		return nil
	case t.name == "alert":
		rows, err := tx.rows(ctx, t, `SELECT `+t.list("")+` FROM alert WHERE firing OR incident = 0`)
		return errors.Join(err, c.put(ctx, map[string][]row{t.name: rows}))
	case t.name == "message":
		rows, err := tx.rows(ctx, t, `SELECT `+t.list("")+` FROM message WHERE id {in $1} OR id > $2 OR look_at > 0`, list(c.unsaid), c.last)
		return errors.Join(err, c.put(ctx, map[string][]row{t.name: rows}))
	}
	return t.walk(ctx, func(f func(*Tx) error) error { return f(tx) }, func(rows []row) error { return c.to.put(ctx, t, rows) })
}

// forgotten removes from the copy what was removed from the database since it was read: that is told in no feed.
func (c *liveCopy) forgotten(ctx context.Context, tx *Tx) error {
	there := map[int64]bool{}
	err := tx.Query(ctx, `SELECT number FROM incident`, func(scan engine.Scan) error {
		var n int64
		err := scan(&n)
		there[n] = true
		return err
	})
	if err != nil {
		return err
	}
	var gone []ports.Past
	err = c.to.read(ctx, func(to *Tx) error {
		gone = nil
		return to.Query(ctx, `SELECT number, opened_at FROM incident`, func(scan engine.Scan) error {
			var n, opened int64
			err := scan(&n, &opened)
			if !there[n] {
				gone = append(gone, ports.Past{Number: id.Incident(n), OpenedAt: fromMicros(opened)})
			}
			return err
		})
	})
	for some := range slices.Chunk(gone, incidentsAtOnce) {
		if err == nil {
			err = c.to.write(ctx, People, func(to *Tx) error { return to.forgetIncidents(ctx, some) })
		}
	}
	return err
}

// numbering hands on which numbers incidents have had: none is given twice.
func (c *liveCopy) numbering(ctx context.Context, tx *Tx) error {
	n, err := tx.lastNumber(ctx)
	if err != nil {
		return err
	}
	return c.to.write(ctx, People, func(to *Tx) error { return to.numberOn(ctx, n) })
}
