package memory

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Secrets are keys of the server's own.
func (tx *Tx) Secrets() ports.Secrets { return secrets{tx} }

type secrets struct{ *Tx }

func (r secrets) Keep(_ context.Context, name, fresh string) (string, error) {
	if kept, ok := r.db.secrets[name]; ok {
		return kept, nil
	}
	put(r.Tx, r.db.secrets, name, fresh)
	return fresh, nil
}

func (r secrets) Get(_ context.Context, name string) (string, error) { return r.db.secrets[name], nil }

func (r secrets) Set(_ context.Context, name, value string) error {
	put(r.Tx, r.db.secrets, name, value)
	return nil
}

// taken is something that a provider brought.
type taken struct {
	until time.Time
	done  bool
}

// Inbound is what providers have brought.
func (tx *Tx) Inbound() ports.Inbound { return inbound{tx} }

type inbound struct{ *Tx }

func (r inbound) Take(_ context.Context, key string, now, until time.Time) (mine, done bool, err error) {
	if had, ok := r.db.inbound[key]; ok && (had.done || had.until.After(now)) {
		return false, had.done, nil
	}
	put(r.Tx, r.db.inbound, key, taken{until: until})
	return true, false, nil
}

func (r inbound) Done(_ context.Context, key string) error {
	put(r.Tx, r.db.inbound, key, taken{until: r.db.inbound[key].until, done: true})
	return nil
}

func (r inbound) Forget(_ context.Context, before time.Time, limit int) (int, error) {
	return forget(r.Tx, r.db.inbound, func(t taken) time.Time { return t.until }, before, limit), nil
}

// Sent finds what somebody answers.
func (db *DB) Sent() ports.Sent { return outbox{db} }

func (o outbox) OfDelivery(_ context.Context, delivery int64) (ports.Bound, error) {
	o.db.mu.Lock()
	defer o.db.mu.Unlock()
	m, ok := o.db.messages[o.db.deliveries[delivery].Message]
	if !ok {
		return ports.Bound{}, fault.NotFound("message", "of delivery "+strconv.FormatInt(delivery, 10))
	}
	return o.db.bound(m), nil
}

func (o outbox) Newest(_ context.Context, lanes []notification.Lane, after, until time.Time, limit int) ([]notification.Message, error) {
	o.db.mu.Lock()
	defer o.db.mu.Unlock()
	var out []notification.Message
	for _, m := range o.db.messages {
		if m.Purpose == notification.PurposePage && slices.Contains(lanes, m.Lane) && m.CreatedAt.After(after) && !m.CreatedAt.After(until) {
			out = append(out, m.Message)
		}
	}
	slices.SortFunc(out, func(a, b notification.Message) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return out[:min(len(out), limit)], nil
}

var (
	_ ports.Secrets = secrets{}
	_ ports.Inbound = inbound{}
	_ ports.Sent    = outbox{}
)
