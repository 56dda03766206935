package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// message is a message with the ids of its deliveries.
type message struct {
	notification.Message
	deliveries []int64
}

// Lanes are the queues of contacts and channels.
func (tx *Tx) Lanes() ports.Lanes { return lanes{tx} }

type lanes struct{ *Tx }

func (r lanes) Claim(_ context.Context, kinds []string, now time.Time, limit int, rests ports.Rests) ([]ports.LaneQueue, error) {
	var out []ports.LaneQueue
	for name, l := range r.db.lanes {
		if l.due(kinds, now) {
			out = append(out, ports.LaneQueue{Lane: name, State: l.state})
		}
	}
	slices.SortFunc(out, func(a, b ports.LaneQueue) int {
		return cmp.Or(r.db.lanes[a.Lane].nextAt.Compare(r.db.lanes[b.Lane].nextAt), cmp.Compare(a.Lane, b.Lane))
	})
	out = out[:min(limit, len(out))]
	for i := range out {
		q := &out[i]
		r.fill(q, now)
		if len(q.Due) == 0 || q.Due[0].ByHand || rests == nil {
			continue
		}
		if q.Rests = rests(q.State, q.Due[0].Severity, firstExpiry(q.Due)); !q.Rests.IsZero() {
			q.Due = nil
		}
	}
	return out, nil
}

func (l lane) due(kinds []string, now time.Time) bool {
	return !l.nextAt.IsZero() && !l.nextAt.After(now) && slices.Contains(kinds, l.kind)
}

func (r lanes) fill(q *ports.LaneQueue, now time.Time) {
	for _, d := range r.db.deliveries {
		switch {
		case d.Lane != q.Lane || d.Status != notification.Waiting:
		case !d.DueAt.After(now):
			q.Due = append(q.Due, ports.Waiting{Delivery: d, Reason: r.db.pages[d.Page].Reason, Event: r.db.pages[d.Page].Event})
		case q.Later.IsZero() || d.DueAt.Before(q.Later):
			q.Later = d.DueAt
		}
	}
	slices.SortFunc(q.Due, func(a, b ports.Waiting) int {
		return cmp.Or(b.Rank()-a.Rank(), a.DueAt.Compare(b.DueAt), cmp.Compare(a.ID, b.ID))
	})
	q.Due = q.Due[:min(len(q.Due), ports.MaxDue)]
}

func (r lanes) Busy(_ context.Context, names []notification.Lane, since time.Time) (map[notification.Lane]bool, error) {
	out := make(map[notification.Lane]bool)
	for _, m := range r.db.messages {
		taken := m.Status == notification.MessageAccepted || m.Status == notification.MessageDelivered
		if slices.Contains(names, m.Lane) && (m.Status == notification.MessageSending || taken && m.SentAt.After(since)) {
			out[m.Lane] = true
		}
	}
	return out, nil
}

func firstExpiry(due []ports.Waiting) time.Time {
	first := due[0].ExpiresAt
	for _, w := range due {
		if w.ExpiresAt.Before(first) {
			first = w.ExpiresAt
		}
	}
	return first
}

func (r lanes) Save(_ context.Context, updates []ports.LaneUpdate) error {
	for _, u := range updates {
		l := r.db.lanes[u.Lane]
		l.state, l.nextAt, l.notBefore = u.State, u.NextAt, u.NotBefore
		if !l.nextAt.IsZero() && l.nextAt.Before(l.notBefore) {
			l.nextAt = l.notBefore
		}
		put(r.Tx, r.db.lanes, u.Lane, l)
	}
	return nil
}

func (r lanes) CatchUp(_ context.Context, to []notification.Recipient, now, before time.Time) (map[notification.Recipient]time.Time, error) {
	had := make(map[notification.Recipient]time.Time)
	for _, who := range to {
		if last, ok := r.db.catchUps[who]; ok && last.After(before) && !last.After(now) {
			had[who] = last
			continue
		}
		put(r.Tx, r.db.catchUps, who, now)
	}
	return had, nil
}

// Messages keeps what is sent.
func (tx *Tx) Messages() ports.Messages { return messages{tx} }

type messages struct{ *Tx }

func (r messages) Add(_ context.Context, bound []ports.Bound) error {
	for _, b := range bound {
		m := message{Message: b.Message}
		for _, d := range b.Deliveries {
			stored := r.db.deliveries[d.ID]
			if stored.Status != notification.Waiting {
				return fmt.Errorf("%w: delivery %d does not wait any more", ports.ErrStale, d.ID)
			}
			stored.Status, stored.Message = notification.Sending, b.ID
			put(r.Tx, r.db.deliveries, d.ID, stored)
			m.deliveries = append(m.deliveries, d.ID)
		}
		slices.Sort(m.deliveries)
		put(r.Tx, r.db.messages, b.ID, m)
	}
	return nil
}

func (r messages) Claim(_ context.Context, kinds []string, now time.Time, limit int) ([]ports.Bound, error) {
	var out []ports.Bound
	for _, m := range r.db.messages {
		if m.due(kinds, now) {
			out = append(out, r.db.bound(m))
		}
	}
	slices.SortFunc(out, func(a, b ports.Bound) int {
		return cmp.Or(lookAt(a.Message).Compare(lookAt(b.Message)), cmp.Compare(a.ID, b.ID))
	})
	return out[:min(limit, len(out))], nil
}

func (m message) due(kinds []string, now time.Time) bool {
	at := lookAt(m.Message)
	return !at.IsZero() && !at.After(now) && slices.Contains(kinds, m.Kind)
}

func lookAt(m notification.Message) time.Time {
	if m.Status == notification.MessageSending {
		return m.LeaseUntil
	}
	return m.NextAt
}

func (db *DB) bound(m message) ports.Bound {
	b := ports.Bound{Message: m.Message}
	for _, n := range m.deliveries {
		b.Deliveries = append(b.Deliveries, db.deliveries[n])
	}
	return b
}

func (r messages) Lock(_ context.Context, ids []id.Message) (map[id.Message]ports.Bound, error) {
	out := make(map[id.Message]ports.Bound, len(ids))
	for _, n := range ids {
		if m, ok := r.db.messages[n]; ok {
			out[n] = r.db.bound(m)
		}
	}
	return out, nil
}

func (r messages) Save(_ context.Context, changed []notification.Message) error {
	for _, c := range changed {
		m := r.db.messages[c.ID]
		m.Message = c
		put(r.Tx, r.db.messages, c.ID, m)
	}
	return nil
}

func (r messages) Posts(_ context.Context, lanes []notification.Lane, incidents []id.Incident) (map[ports.PostKey]ports.Post, error) {
	sent := slices.SortedFunc(maps.Values(r.db.messages), func(a, b message) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	out := make(map[ports.PostKey]ports.Post)
	for _, m := range sent {
		for _, d := range r.db.bound(m).Deliveries {
			if slices.Contains(lanes, d.Lane) && slices.Contains(incidents, d.Page.Incident) {
				k := ports.PostKey{Lane: d.Lane, Incident: d.Page.Incident}
				out[k] = out[k].After(m.Message)
			}
		}
	}
	return out, nil
}

// Deliveries are what becomes of pages.
func (tx *Tx) Deliveries() ports.Deliveries { return deliveries{tx} }

type deliveries struct{ *Tx }

func (r deliveries) OfPages(_ context.Context, pages []notification.PageKey) ([]notification.Delivery, error) {
	wanted := make(map[notification.PageKey]bool, len(pages))
	for _, p := range pages {
		wanted[p] = true
	}
	var out []notification.Delivery
	for _, d := range r.db.deliveries {
		if wanted[d.Page] {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b notification.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

func (r deliveries) SetStatus(_ context.Context, ids []int64, to notification.Status) error {
	for _, n := range ids {
		d := r.db.deliveries[n]
		d.Status = to
		put(r.Tx, r.db.deliveries, n, d)
	}
	return nil
}

func (r deliveries) Hasten(_ context.Context, ds []notification.Delivery, at time.Time) error {
	for _, d := range ds {
		stored := r.db.deliveries[d.ID]
		if stored.Status == notification.Waiting {
			stored.DueAt = at
			put(r.Tx, r.db.deliveries, d.ID, stored)
			r.wake(stored)
		}
	}
	return nil
}

func (r deliveries) Renew(_ context.Context, ds []notification.Delivery, until time.Time) error {
	for _, d := range ds {
		stored := r.db.deliveries[d.ID]
		stored.Status, stored.ExpiresAt = notification.Sending, until
		put(r.Tx, r.db.deliveries, d.ID, stored)
	}
	return nil
}

// Facts reads incidents.
func (tx *Tx) Facts() ports.IncidentFacts { return facts{tx} }

type facts struct{ *Tx }

func (r facts) States(ctx context.Context, numbers []id.Incident) (map[id.Incident]incident.State, error) {
	return incidents(r).Lock(ctx, numbers)
}

// Outbox reads what the sender needs between its transactions.
func (db *DB) Outbox() ports.Outbox { return outbox{db} }

// Usage counts what was sent.
func (db *DB) Usage() ports.Usage { return outbox{db} }

// Messages lets people look at messages.
func (db *DB) Messages() ports.MessageReader { return outbox{db} }

type outbox struct{ db *DB }

func (o outbox) Due(_ context.Context, kinds []string, now time.Time) (bool, error) {
	o.db.mu.Lock()
	defer o.db.mu.Unlock()
	for _, l := range o.db.lanes {
		if l.due(kinds, now) {
			return true, nil
		}
	}
	for _, m := range o.db.messages {
		if m.due(kinds, now) {
			return true, nil
		}
	}
	return false, nil
}

func (o outbox) Recheck(_ context.Context, m id.Message, numbers []id.Incident) (ports.Recheck, error) {
	o.db.mu.Lock()
	defer o.db.mu.Unlock()
	out := ports.Recheck{Token: o.db.messages[m].Token, Answers: make(map[id.Incident]ports.Answer, len(numbers))}
	for _, n := range numbers {
		if s, ok := o.db.incidents[n]; ok {
			out.Answers[n] = ports.Answer{Status: s.Status, Stopped: s.Stopped}
		}
	}
	return out, nil
}

func (o outbox) Message(_ context.Context, m id.Message) (ports.Bound, error) {
	o.db.mu.Lock()
	defer o.db.mu.Unlock()
	stored, ok := o.db.messages[m]
	if !ok {
		return ports.Bound{}, fault.NotFound("message", string(m))
	}
	return o.db.bound(stored), nil
}

func (o outbox) OfIncident(_ context.Context, n id.Incident) ([]notification.Message, error) {
	o.db.mu.Lock()
	defer o.db.mu.Unlock()
	return o.newest(500, func(m message) bool {
		return slices.ContainsFunc(m.deliveries, func(d int64) bool { return o.db.deliveries[d].Page.Incident == n })
	}), nil
}

func (o outbox) OfLane(_ context.Context, l notification.Lane, before time.Time, limit int) ([]notification.Message, error) {
	o.db.mu.Lock()
	defer o.db.mu.Unlock()
	return o.newest(limit, func(m message) bool { return m.Lane == l && (before.IsZero() || m.CreatedAt.Before(before)) }), nil
}

func (o outbox) newest(limit int, wanted func(m message) bool) []notification.Message {
	var out []notification.Message
	for _, m := range o.db.messages {
		if wanted(m) {
			out = append(out, m.Message)
		}
	}
	slices.SortFunc(out, func(a, b notification.Message) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return out[:min(len(out), limit)]
}

func (o outbox) Used(_ context.Context, kinds []string, from, until time.Time) ([]ports.Sum, error) {
	o.db.mu.Lock()
	defer o.db.mu.Unlock()
	sums := make(map[ports.Sum]int)
	for _, m := range o.db.messages {
		if slices.Contains(kinds, m.Kind) && !m.CreatedAt.Before(from) && m.CreatedAt.Before(until) && (!m.SentAt.IsZero() || !m.Status.Final()) {
			sums[ports.Sum{Kind: m.Kind, Provider: m.Provider, Recipient: m.Recipient}]++
			if m.Before != "" {
				sums[ports.Sum{Kind: m.Kind, Provider: m.Before, Recipient: m.Recipient}]++
			}
		}
	}
	var out []ports.Sum
	for s, n := range sums {
		s.Messages = n
		out = append(out, s)
	}
	return out, nil
}

var (
	_ ports.Usage         = outbox{}
	_ ports.Lanes         = lanes{}
	_ ports.Messages      = messages{}
	_ ports.Deliveries    = deliveries{}
	_ ports.IncidentFacts = facts{}
	_ ports.Outbox        = outbox{}
	_ ports.MessageReader = outbox{}
)
