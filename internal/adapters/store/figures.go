package store

import (
	"context"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Figures reads what figures are made of.
func (db *DB) Figures() insight.Figures { return reader{db} }

// suits is the condition of a filter without its page, on listing.
func suits(f *insight.Filter) (string, []any) {
	var w where
	w.plain(f, columns(f))
	w.period(f)
	return w.text(""), w.args
}

// All of a time is read, from the narrow table: 100,000 rows take less than the database would to sort them once. Each
// column costs as much as a row, so what is small goes together: number, status, severity, answered; the two ids.
const factsOf = `
	SELECT opened_at, number * 64 + status * 16 + severity * 2 + CASE WHEN answered THEN 1 ELSE 0 END,
		service_id || ' ' || team, alike, to_answer, lasted FROM listing`

func (r reader) Facts(ctx context.Context, f insight.Filter, each func(*insight.Fact)) error {
	return r.db.read(ctx, func(tx *Tx) error {
		if err := tx.resolve(ctx, &f); err != nil {
			return err
		}
		condition, args := suits(&f)
		var fact insight.Fact
		return tx.Query(ctx, factsOf+condition, func(scan engine.Scan) error {
			var opened, small, toAnswer, lasted int64
			var ids string
			if err := scan(&opened, &small, &ids, &fact.Alike, &toAnswer, &lasted); err != nil {
				return err
			}
			var err error
			fact.Status, err = statusOf(int(small >> 4 & 3))
			fact.Number, fact.Severity, fact.Answered = id.Incident(small>>6), alert.SeverityOfRank(int(small>>1&7)), small&1 == 1
			service, team, _ := strings.Cut(ids, " ")
			fact.OpenedAt, fact.Service, fact.Team = fromMicros(opened), id.Service(service), id.Team(team)
			fact.ToAnswer, fact.Lasted = time.Duration(toAnswer)*time.Microsecond, time.Duration(lasted)*time.Microsecond
			each(&fact)
			return err
		}, args...)
	})
}

// pagesOf joins by the incident's own pages. As above, incident and urgency go together.
const pagesOf = `
	SELECT p.recipient, p.incident * 2 + CASE WHEN p.high THEN 1 ELSE 0 END, p.at FROM (SELECT number FROM listing {suits}) AS l
	JOIN page p ON p.incident = l.number
	WHERE p.purpose = 'page'`

func (r reader) Pages(ctx context.Context, f insight.Filter, each func(*insight.PageFact)) error {
	return r.db.read(ctx, func(tx *Tx) error {
		if err := tx.resolve(ctx, &f); err != nil {
			return err
		}
		condition, args := suits(&f)
		var fact insight.PageFact
		return tx.Query(ctx, strings.Replace(pagesOf, "{suits}", condition, 1), func(scan engine.Scan) error {
			var to string
			var small, at int64
			if err := scan(&to, &small, &at); err != nil {
				return err
			}
			who := recipientOf(to)
			if who.Kind != notification.ToUser {
				return nil
			}
			fact.User, fact.Incident, fact.High, fact.At = id.User(who.ID), id.Incident(small>>1), small&1 == 1, fromMicros(at)
			each(&fact)
			return nil
		}, args...)
	})
}

const openers = `SELECT number, service, severity, source FROM incident WHERE number {in $1}`

func (r reader) Openers(ctx context.Context, numbers []id.Incident) ([]insight.Opener, error) {
	var out []insight.Opener
	err := r.db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, openers, func(scan engine.Scan) error {
			var o insight.Opener
			var severity int
			var text string
			var source incident.SourceAlert
			if err := scan(&o.Number, &o.Service, &severity, &text); err != nil {
				return err
			}
			err := decode(text, &source)
			o.Alert, o.Severity = source.Labels["alertname"], alert.SeverityOfRank(severity)
			out = append(out, o)
			return err
		}, int64s(numbers))
	})
	return out, err
}

var _ insight.Figures = reader{}
