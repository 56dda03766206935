package store

import (
	"context"
	"slices"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func (r reader) Show(ctx context.Context, ref string) (insight.Incident, error) {
	var out insight.Incident
	err := r.db.read(ctx, func(tx *Tx) error {
		found, err := tx.find(ctx, []string{ref})
		if err != nil {
			return err
		}
		n, ok := found[ref]
		if !ok {
			return fault.NotFound("incident", ref)
		}
		states, err := tx.states(ctx, readIncidents, []id.Incident{n})
		if err != nil {
			return err
		}
		out.State = states[n]
		if out.Timeline, err = tx.timeline(ctx, &out.State); err != nil {
			return err
		}
		if out.Alerts, err = tx.alerts(ctx, alertsOfIncident, int64(n), insight.MaxAlerts); err != nil {
			return err
		}
		out.Pages, err = tx.pages(ctx, n)
		return err
	})
	return out, err
}

const alertsOfIncident = `
	SELECT ` + alertColumns + `
	FROM alert a WHERE a.incident = $1
	ORDER BY a.integration, a.fingerprint
	LIMIT $2`

const readTimeline = `
	SELECT seq, at, kind, actor_kind, actor_id, actor_name, body, data
	FROM timeline WHERE opened_at = $1 AND incident = $2
	ORDER BY seq DESC
	LIMIT $3`

func (tx *Tx) timeline(ctx context.Context, s *incident.State) ([]incident.Entry, error) {
	var out []incident.Entry
	err := tx.Query(ctx, readTimeline, func(scan engine.Scan) error {
		e := incident.Entry{Incident: s.Number, OpenedAt: s.OpenedAt}
		var at int64
		var data string
		if err := scan(&e.Seq, &at, &e.Kind, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Name, &e.Text, &data); err != nil {
			return err
		}
		e.At = fromMicros(at)
		err := decode(data, &e.Data)
		out = append(out, e)
		return err
	}, micros(s.OpenedAt), int64(s.Number), insight.MaxEntries)
	slices.Reverse(out)
	return out, err
}

const readPages = `
	SELECT round, pass, level, recipient, purpose, reason, high, severity, at, event
	FROM page WHERE incident = $1
	ORDER BY at DESC, round DESC, pass DESC, level DESC, recipient DESC
	LIMIT $2`

const readDeliveries = `
	SELECT ` + deliveryColumns + `
	FROM delivery d WHERE d.incident = $1
	ORDER BY d.step, d.id`

// pages gives the newest pages of an incident, oldest first, with their deliveries.
func (tx *Tx) pages(ctx context.Context, n id.Incident) ([]notification.Page, error) {
	var out []notification.Page
	at := map[notification.PageKey]int{}
	err := tx.Query(ctx, readPages, func(scan engine.Scan) error {
		p := notification.Page{PageKey: notification.PageKey{Incident: n}}
		var to string
		var high bool
		var severity int
		var when int64
		err := scan(&p.Round, &p.Pass, &p.Level, &to, &p.Purpose, &p.Reason, &high, &severity, &when, &p.Event)
		p.Recipient, p.Urgency, p.Severity, p.At = recipientOf(to), urgency(high), alert.SeverityOfRank(severity), fromMicros(when)
		out = append(out, p)
		return err
	}, int64(n), insight.MaxPages)
	if err != nil {
		return nil, err
	}
	slices.Reverse(out)
	for i, p := range out {
		at[p.PageKey] = i
	}
	err = tx.Query(ctx, readDeliveries, func(scan engine.Scan) error {
		var d notification.Delivery
		err := scanDelivery(scan, &d)
		if i, ok := at[d.Page]; ok {
			out[i].Deliveries = append(out[i].Deliveries, d)
		}
		return err
	}, int64(n))
	return out, err
}

func urgency(high bool) alert.Urgency {
	if high {
		return alert.High()
	}
	return alert.Low()
}
