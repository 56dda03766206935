package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Insight reads what people look at.
func (db *DB) Insight() insight.Reader { return reader{db} }

type reader struct{ db *DB }

func (r reader) List(ctx context.Context, f insight.Filter) ([]incident.State, error) {
	var out []incident.State
	err := r.db.read(ctx, func(tx *Tx) error {
		if err := tx.resolve(ctx, &f); err != nil {
			return err
		}
		query, args := listQuery(f)
		numbers, err := tx.numbers(ctx, query, args...)
		if err != nil || len(numbers) == 0 {
			return err
		}
		states, err := tx.readable(ctx, numbers)
		for _, n := range numbers {
			if s, ok := states[n]; ok {
				out = append(out, s)
			}
		}
		return err
	})
	return out, err
}

// resolve turns names into the ids that listings have. What nobody is called finds nothing, as it should.
func (tx *Tx) resolve(ctx context.Context, f *insight.Filter) error {
	paged := new(string)
	if f.Paged != nil {
		own := *f.Paged // the filter's is the caller's
		f.Paged, paged = &own, &own.User
	}
	for _, r := range []struct {
		query string
		value *string
	}{
		{`SELECT id FROM service WHERE name = $1`, &f.Service},
		{`SELECT id FROM team WHERE name = $1`, &f.Team},
		{`SELECT id FROM integration WHERE name = $1`, &f.Integration},
		{`SELECT id FROM user_account WHERE name = $1`, &f.Assignee},
		{`SELECT id FROM user_account WHERE name = $1`, paged},
	} {
		if *r.value == "" {
			continue
		}
		if err := tx.Query(ctx, r.query, func(scan engine.Scan) error { return scan(r.value) }, *r.value); err != nil {
			return err
		}
	}
	return nil
}

// where builds a condition with numbered arguments.
type where struct {
	conditions []string
	args       []any
}

// and adds a condition; ? stands for the argument.
func (w *where) and(condition string, arg any) {
	w.args = append(w.args, arg)
	w.conditions = append(w.conditions, strings.ReplaceAll(condition, "?", fmt.Sprintf("$%d", len(w.args))))
}

// column is a filter by one column that has an index (column, status, opened_at, number).
type column struct {
	name  string
	value any
	also  string // the condition of a partial index
}

func columns(f *insight.Filter) []column {
	var out []column
	add := func(name string, value any, given bool, also string) {
		if given {
			out = append(out, column{name, value, also})
		}
	}
	add("service_id", f.Service, f.Service != "", "")
	add("environment", f.Environment, f.Environment != "", "")
	add("team", f.Team, f.Team != "", "team <> ''")
	add("assignee", f.Assignee, f.Assignee != "", "assignee <> ''")
	add("alike", alikeOf(id.Service(f.Service), f.Alert), f.Alert != "", "alike <> 0")
	add("priority", int64(f.Priority), f.Priority != 0, "priority <> 0")
	if f.Severity != nil {
		add("severity", f.Severity.Rank(), true, "")
	}
	return out
}

// listQuery gives the numbers of a page. One filter, with or without statuses, reads an index for each status
// in order, as far as the page goes. More of them, or a search, walk the narrow table in order:
// no mix of filters is slower than reading all of it.
func listQuery(f insight.Filter) (string, []any) {
	var w where
	filters := columns(&f)
	of := f.Statuses
	indexed := f.Search == "" && f.Answered == nil && !f.ByEnd() && f.Hour == nil && f.Paged == nil && f.Integration == "" && (len(filters) == 1 || len(filters) == 0 && len(of) > 0)
	if indexed {
		for _, c := range filters {
			w.and(c.name+" = ?", c.value)
			if c.also != "" {
				w.conditions = append(w.conditions, c.also)
			}
		}
		if len(of) == 0 {
			of = statuses[:]
		}
	} else {
		w.plain(&f, filters)
	}
	order := w.window(&f)
	w.args = append(w.args, f.Limit)
	tail := fmt.Sprintf(" %s LIMIT $%d", order, len(w.args))
	if !indexed {
		return "SELECT number FROM listing" + w.text("") + tail, w.args
	}
	arms := make([]string, len(of))
	for i, s := range of {
		arms[i] = "SELECT * FROM (SELECT opened_at, number FROM listing" + w.text(fmt.Sprintf("status = %d", statusNumber(s))) + tail + ") AS one"
	}
	return "SELECT number FROM (" + strings.Join(arms, " UNION ALL ") + ") AS every" + tail, w.args
}

// plain adds filters that walk the narrow table and use no index, but for the alert's own.
func (w *where) plain(f *insight.Filter, filters []column) {
	for _, c := range filters {
		if c.name == "alike" {
			w.and("alike = ? AND alike <> 0", c.value)
			continue
		}
		w.and("{plain "+c.name+"} = ?", c.value)
	}
	if len(f.Statuses) > 0 {
		w.conditions = append(w.conditions, "{plain status} IN ("+statusList(f.Statuses)+")")
	}
	if f.Search != "" {
		w.and("{contains search, ?}", f.Search)
	}
	if f.Answered != nil {
		w.and("{plain answered} = ?", *f.Answered)
	}
	w.ended(f)
	if f.Integration != "" {
		w.and("EXISTS (SELECT 1 FROM alert WHERE alert.incident = listing.number AND alert.integration = ?)", f.Integration)
	}
	if f.Hour != nil {
		hour := w.hours("opened_at", f.Hour.Zone, f)
		w.and("("+hour+" + 72) % 168 = ?", int64(f.Hour.Hour)) // 1970 began on a Thursday
	}
	if f.Paged != nil {
		w.paged(f)
	}
}

func (w *where) ended(f *insight.Filter) {
	if f.ByEnd() {
		w.conditions = append(w.conditions, "{plain lasted} >= 0")
	}
	if !f.EndedSince.IsZero() {
		w.and("opened_at + lasted >= ?", micros(f.EndedSince))
	}
	if !f.EndedUntil.IsZero() {
		w.and("opened_at + lasted < ?", micros(f.EndedUntil))
	}
}

func (w *where) paged(f *insight.Filter) {
	w.args = append(w.args, recipientText(notification.Recipient{Kind: notification.ToUser, ID: f.Paged.User}))
	condition := fmt.Sprintf("EXISTS (SELECT 1 FROM page WHERE page.incident = listing.number AND page.recipient = $%d AND page.purpose = 'page'", len(w.args))
	if f.Paged.Night != nil {
		condition += " AND page.high AND (" + w.hours("page.at", f.Paged.Night, f) + " + 2) % 24 < 9" // from 22:00 to 07:00
	}
	w.conditions = append(w.conditions, condition+")")
}

// hours gives the hours that have passed since 1970 by a zone's clock. An incident pages for a while after the filter's
// time, too.
func (w *where) hours(moment string, zone *time.Location, f *insight.Filter) string {
	ahead := "CASE"
	for _, s := range insight.Shifts(zone, f.Since, f.Until.AddDate(0, 1, 0)) {
		if w.args = append(w.args, s.By.Microseconds()); s.Until.IsZero() {
			ahead += fmt.Sprintf(" WHEN true THEN CAST($%d AS BIGINT) END", len(w.args))
			continue
		}
		w.args = append(w.args, micros(s.Until))
		ahead += fmt.Sprintf(" WHEN %s < $%d THEN CAST($%d AS BIGINT)", moment, len(w.args), len(w.args)-1)
	}
	return "(" + moment + " + " + ahead + ") / 3600000000"
}

// period adds the time in which incidents were opened.
func (w *where) period(f *insight.Filter) {
	if !f.Since.IsZero() {
		w.and("opened_at >= ?", micros(f.Since))
	}
	if !f.Until.IsZero() {
		w.and("opened_at < ?", micros(f.Until))
	}
}

// window adds the period and the place after which the page begins, and gives the order.
func (w *where) window(f *insight.Filter) string {
	order, after := "ORDER BY opened_at DESC, number DESC", "<"
	if f.Order == insight.Oldest {
		order, after = "ORDER BY opened_at, number", ">"
	}
	w.period(f)
	if f.After != nil {
		w.args = append(w.args, micros(f.After.OpenedAt), int64(f.After.Number))
		w.conditions = append(w.conditions, fmt.Sprintf("(opened_at, number) %s ($%d, $%d)", after, len(w.args)-1, len(w.args)))
	}
	return order
}

func (w *where) text(more string) string {
	all := w.conditions
	if more != "" {
		all = append([]string{more}, all...)
	}
	if len(all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(all, " AND ")
}

func statusList(list []incident.Status) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprint(statusNumber(s))
	}
	return strings.Join(out, ", ")
}

func (r reader) Quarantined(ctx context.Context, before time.Time, limit int) ([]alert.Quarantined, error) {
	end := int64(1<<63 - 1)
	if !before.IsZero() {
		end = micros(before)
	}
	var out []alert.Quarantined
	err := r.db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, `
			SELECT id, integration, at, reason, raw FROM quarantine
			WHERE at < $1 ORDER BY at DESC, id DESC LIMIT $2`, func(scan engine.Scan) error {
			var q alert.Quarantined
			var at int64
			err := scan(&q.ID, &q.Integration, &at, &q.Reason, &q.Raw)
			q.At = fromMicros(at)
			out = append(out, q)
			return err
		}, end, limit)
	})
	return out, err
}

const countIncidents = `
	SELECT coalesce(s.name, c.service_id), c.environment, c.severity, c.status, c.n
	FROM (SELECT service_id, environment, severity, status, count(*) AS n FROM listing
	      WHERE status IN (0, 1) GROUP BY service_id, environment, severity, status) AS c
	LEFT JOIN service s ON s.id = c.service_id
	ORDER BY 1, 2, 3, 4`

func (r reader) Counts(ctx context.Context) ([]insight.Count, error) {
	var out []insight.Count
	err := r.db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, countIncidents, func(scan engine.Scan) error {
			var c insight.Count
			var severity, status int
			if err := scan(&c.Service, &c.Environment, &severity, &status, &c.Incidents); err != nil {
				return err
			}
			var err error
			c.Severity = alert.SeverityOfRank(severity)
			c.Status, err = statusOf(status)
			out = append(out, c)
			return err
		})
	})
	return out, err
}

var _ insight.Reader = reader{}
