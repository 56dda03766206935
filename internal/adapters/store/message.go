package store

import (
	"cmp"
	"context"
	"math"
	"strconv"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Messages keeps what is sent.
func (tx *Tx) Messages() ports.Messages { return messages{tx} }

type messages struct{ tx *Tx }

const messageColumns = `id, lane, kind, recipient, address, purpose, digest, items, deliveries, status, attempt, token,
	lease_until, next_at, may_repeat, provider_id, detail, created_at, sent_at, expires_at, faults, tries, provider, provider_before`

var (
	insertMessage = engine.Insert("message", `id text, lane text, kind text, recipient text, address text, purpose text,
		digest boolean, items text, deliveries text, status text, attempt bigint, token text, lease_until bigint, next_at bigint,
		look_at bigint, may_repeat boolean, provider_id text, detail text, created_at bigint, sent_at bigint, expires_at bigint,
		faults bigint, tries text, provider text, provider_before text`, "")
	updateMessage = engine.Update("message", `id text`, `address text, items text, status text, attempt bigint, token text, lease_until bigint,
		next_at bigint, look_at bigint, may_repeat boolean, provider_id text, detail text, sent_at bigint, expires_at bigint, faults bigint, tries text,
		provider text, provider_before text`, "")
	bindDelivery = engine.Over(`UPDATE delivery SET status = 'sending', message = k.message
		FROM {rows id bigint, message text} AS k WHERE delivery.id = k.id AND delivery.status = 'waiting'`)
)

// Add is ErrStale where a delivery does not wait any more.
func (r messages) Add(ctx context.Context, bound []ports.Bound) error {
	rows, binds := insertMessage.Rows(len(bound)), bindDelivery.Rows(len(bound))
	for _, m := range bound {
		ids := make([]int64, len(m.Deliveries))
		for i, d := range m.Deliveries {
			ids[i] = d.ID
			binds.Add(d.ID, string(m.ID))
		}
		texts, err := encodeAll(m.Items, ids, m.Tries)
		if err != nil {
			return err
		}
		rows.Add(string(m.ID), string(m.Lane), m.Kind, recipientText(m.Recipient), m.To, string(m.Purpose),
			m.Digest, texts[0], texts[1], string(m.Status), int64(m.Attempt), m.Token, micros(m.LeaseUntil), micros(m.NextAt),
			micros(lookAt(m.Message)), m.MayRepeat, m.ProviderID, m.Detail, micros(m.CreatedAt), micros(m.SentAt), micros(m.ExpiresAt),
			int64(m.Faults), texts[2], m.Provider, m.Before)
	}
	return r.tx.Send(ctx, rows, binds.MustAffect())
}

// lookAt is when somebody must look at a message; zero: never again.
func lookAt(m notification.Message) time.Time {
	if m.Status == notification.MessageSending {
		return m.LeaseUntil
	}
	return m.NextAt
}

func encodeAll(values ...any) ([]string, error) {
	out := make([]string, len(values))
	for i, v := range values {
		text, err := encode(v)
		if err != nil {
			return nil, err
		}
		out[i] = text
	}
	return out, nil
}

const claimMessages = `
	SELECT ` + messageColumns + `
	FROM message WHERE look_at > 0 AND look_at <= $1 AND kind {in $2}
	ORDER BY look_at, id LIMIT $3
	{for update skip locked}`

func (r messages) Claim(ctx context.Context, kinds []string, now time.Time, limit int) ([]ports.Bound, error) {
	return r.tx.bound(ctx, claimMessages, micros(now), kinds, limit)
}

const lockMessages = `
	SELECT ` + messageColumns + `
	FROM message WHERE id {in $1}
	ORDER BY id
	{for update}`

func (r messages) Lock(ctx context.Context, ids []id.Message) (map[id.Message]ports.Bound, error) {
	out := make(map[id.Message]ports.Bound, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	found, err := r.tx.bound(ctx, lockMessages, texts(ids))
	for _, b := range found {
		out[b.ID] = b
	}
	return out, err
}

func (r messages) Save(ctx context.Context, changed []notification.Message) error {
	b := updateMessage.Rows(len(changed))
	for _, m := range changed {
		texts, err := encodeAll(m.Items, m.Tries)
		if err != nil {
			return err
		}
		b.Add(m.To, texts[0], string(m.Status), int64(m.Attempt), m.Token, micros(m.LeaseUntil),
			micros(m.NextAt), micros(lookAt(m)), m.MayRepeat, m.ProviderID, m.Detail, micros(m.SentAt), micros(m.ExpiresAt),
			int64(m.Faults), texts[1], m.Provider, m.Before, string(m.ID))
	}
	return r.tx.Send(ctx, b)
}

const postsOfIncidents = `
	SELECT d.lane, d.incident, m.provider_id, m.status
	FROM delivery d JOIN message m ON m.id = d.message
	WHERE d.incident {in $1} AND d.lane {in $2}
	ORDER BY m.created_at, m.id`

func (r messages) Posts(ctx context.Context, lanes []notification.Lane, incidents []id.Incident) (map[ports.PostKey]ports.Post, error) {
	out := make(map[ports.PostKey]ports.Post)
	err := r.tx.Query(ctx, postsOfIncidents, func(scan engine.Scan) error {
		var k ports.PostKey
		var m notification.Message
		err := scan(&k.Lane, &k.Incident, &m.ProviderID, &m.Status)
		out[k] = out[k].After(m)
		return err
	}, int64s(incidents), texts(lanes))
	return out, err
}

const deliveriesByID = `SELECT ` + deliveryColumns + ` FROM delivery d WHERE d.id {in $1} ORDER BY d.id`

// bound runs a query that gives messages and adds their deliveries.
func (tx *Tx) bound(ctx context.Context, query string, args ...any) ([]ports.Bound, error) {
	var out []ports.Bound
	var ids []int64
	of := make(map[int64]int)
	err := tx.Query(ctx, query, func(scan engine.Scan) error {
		m, own, err := scanMessage(scan)
		for _, d := range own {
			of[d] = len(out)
		}
		ids = append(ids, own...)
		out = append(out, ports.Bound{Message: m})
		return err
	}, args...)
	if err != nil || len(ids) == 0 {
		return out, err
	}
	err = tx.Query(ctx, deliveriesByID, func(scan engine.Scan) error {
		var d notification.Delivery
		err := scanDelivery(scan, &d)
		b := &out[of[d.ID]]
		b.Deliveries = append(b.Deliveries, d)
		return err
	}, ids)
	return out, err
}

func scanMessage(scan engine.Scan) (m notification.Message, deliveries []int64, err error) {
	var recipient, items, ids, tries string
	var lease, next, created, sent, expires int64
	err = scan(&m.ID, &m.Lane, &m.Kind, &recipient, &m.To, &m.Purpose, &m.Digest, &items, &ids, &m.Status, &m.Attempt, &m.Token,
		&lease, &next, &m.MayRepeat, &m.ProviderID, &m.Detail, &created, &sent, &expires, &m.Faults, &tries, &m.Provider, &m.Before)
	if err != nil {
		return m, nil, err
	}
	m.Recipient = recipientOf(recipient)
	m.LeaseUntil, m.NextAt, m.CreatedAt = fromMicros(lease), fromMicros(next), fromMicros(created)
	m.SentAt, m.ExpiresAt = fromMicros(sent), fromMicros(expires)
	if err := decode(items, &m.Items); err != nil {
		return m, nil, err
	}
	if err := decode(tries, &m.Tries); err != nil {
		return m, nil, err
	}
	return m, deliveries, decode(ids, &deliveries)
}

// Outbox reads what the sender needs between its transactions.
func (db *DB) Outbox() ports.Outbox { return outbox{db} }

// Messages lets people look at messages.
func (db *DB) Messages() ports.MessageReader { return outbox{db} }

type outbox struct{ db *DB }

const anythingDue = `
	SELECT EXISTS (SELECT 1 FROM lane WHERE next_at <= $1 AND kind {in $2})
		OR EXISTS (SELECT 1 FROM message WHERE look_at > 0 AND look_at <= $1 AND kind {in $2})`

func (o outbox) Due(ctx context.Context, kinds []string, now time.Time) (due bool, err error) {
	err = o.db.engine.Peek(ctx, func(s engine.Session) error {
		return s.Query(ctx, anythingDue, func(scan engine.Scan) error { return scan(&due) }, micros(now), kinds)
	})
	return due, err
}

const (
	tokenOfMessage = `SELECT token FROM message WHERE id = $1`
	answers        = `SELECT number, status, core FROM incident WHERE number {in $1}`
)

func (o outbox) Recheck(ctx context.Context, m id.Message, incidents []id.Incident) (ports.Recheck, error) {
	out := ports.Recheck{Answers: make(map[id.Incident]ports.Answer, len(incidents))}
	err := o.db.engine.Peek(ctx, func(s engine.Session) error {
		err := s.Query(ctx, tokenOfMessage, func(scan engine.Scan) error { return scan(&out.Token) }, string(m))
		if err != nil {
			return err
		}
		return s.Query(ctx, answers, func(scan engine.Scan) error {
			var n id.Incident
			var status int
			var core string
			var known struct{ Stopped incident.Stopped }
			err := scan(&n, &status, &core)
			s, _ := statusOf(status) // what only a newer version knows is no answer: the page goes out
			_ = decode(core, &known)
			out.Answers[n] = ports.Answer{Status: s, Stopped: known.Stopped}
			return err
		}, int64s(incidents))
	})
	return out, err
}

const messageByID = `SELECT ` + messageColumns + ` FROM message WHERE id = $1`

func (o outbox) Message(ctx context.Context, m id.Message) (ports.Bound, error) {
	var found []ports.Bound
	err := o.db.read(ctx, func(tx *Tx) (err error) {
		found, err = tx.bound(ctx, messageByID, string(m))
		return err
	})
	if err != nil || len(found) == 0 {
		return ports.Bound{}, cmp.Or[error](err, fault.NotFound("message", string(m)))
	}
	return found[0], nil
}

const messagesOfIncident = `
	SELECT ` + messageColumns + `
	FROM message WHERE id IN (SELECT message FROM delivery WHERE incident = $1 AND message <> '')
	ORDER BY created_at DESC, id DESC LIMIT 500`

func (o outbox) OfIncident(ctx context.Context, n id.Incident) ([]notification.Message, error) {
	var out []notification.Message
	err := o.db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, messagesOfIncident, func(scan engine.Scan) error {
			m, _, err := scanMessage(scan)
			out = append(out, m)
			return err
		}, int64(n))
	})
	return out, err
}

const messagesOfLane = `
	SELECT ` + messageColumns + `
	FROM message WHERE lane = $1 AND created_at < $2
	ORDER BY created_at DESC, id DESC LIMIT $3`

func (o outbox) OfLane(ctx context.Context, l notification.Lane, before time.Time, limit int) ([]notification.Message, error) {
	until := int64(math.MaxInt64)
	if !before.IsZero() {
		until = micros(before)
	}
	var out []notification.Message
	err := o.db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, messagesOfLane, func(scan engine.Scan) error {
			m, _, err := scanMessage(scan)
			out = append(out, m)
			return err
		}, string(l), until, limit)
	})
	return out, err
}

// Sent finds what somebody answers.
func (db *DB) Sent() ports.Sent { return outbox{db} }

const messageOfDelivery = `
	SELECT ` + messageColumns + `
	FROM message WHERE id = (SELECT message FROM delivery WHERE id = $1)`

func (o outbox) OfDelivery(ctx context.Context, delivery int64) (ports.Bound, error) {
	var found []ports.Bound
	err := o.db.read(ctx, func(tx *Tx) (err error) {
		found, err = tx.bound(ctx, messageOfDelivery, delivery)
		return err
	})
	if err != nil || len(found) == 0 {
		return ports.Bound{}, cmp.Or[error](err, fault.NotFound("message", "of delivery "+strconv.FormatInt(delivery, 10)))
	}
	return found[0], nil
}

const newestPages = `
	SELECT ` + messageColumns + `
	FROM message WHERE lane {in $1} AND created_at > $2 AND created_at <= $3 AND purpose = 'page'
	ORDER BY created_at DESC, id DESC LIMIT $4`

func (o outbox) Newest(ctx context.Context, lanes []notification.Lane, after, until time.Time, limit int) ([]notification.Message, error) {
	if len(lanes) == 0 {
		return nil, nil
	}
	var out []notification.Message
	err := o.db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, newestPages, func(scan engine.Scan) error {
			m, _, err := scanMessage(scan)
			out = append(out, m)
			return err
		}, texts(lanes), micros(after), micros(until), limit)
	})
	return out, err
}

var (
	_ ports.Messages      = messages{}
	_ ports.Sent          = outbox{}
	_ ports.Outbox        = outbox{}
	_ ports.MessageReader = outbox{}
)
