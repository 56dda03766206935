package admin

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	mostPayloads  = 5
	maxPayload    = 64 << 10 // bytes; a larger one is not kept
	payloadsEvery = 2 * time.Second
)

// KeepPayload keeps what a webhook received for whoever writes its transform: a few, and of a flood one now and then.
type KeepPayload struct {
	store Store
	clock ports.Clock

	mu   sync.Mutex
	last map[id.Integration]time.Time
}

// NewKeepPayload makes one; it may be used by many at once.
func NewKeepPayload(s Store, c ports.Clock) *KeepPayload {
	return &KeepPayload{store: s, clock: c, last: map[id.Integration]time.Time{}}
}

// Do keeps a body where it is its turn. Where it cannot be kept, no alert waits for it.
func (u *KeepPayload) Do(ctx context.Context, i id.Integration, body []byte) {
	now := u.clock.Now()
	if len(body) > maxPayload || !u.turn(i, now) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	text := strings.ReplaceAll(strings.ToValidUTF8(string(body), "\ufffd"), "\x00", "\ufffd")
	_ = u.store.Write(ctx, func(ctx context.Context, r Repos) error {
		return r.Payloads.Keep(ctx, i, ports.Payload{At: now, Body: text}, mostPayloads)
	})
}

func (u *KeepPayload) turn(i id.Integration, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if last, ok := u.last[i]; ok && now.Sub(last).Abs() < payloadsEvery {
		return false
	}
	u.last[i] = now
	return true
}

// ReadPayloads gives what a webhook received last, to admins: it may hold anything.
type ReadPayloads struct{ Store Store }

// Do finds the integration by id or name; newest first.
func (u ReadPayloads) Do(ctx context.Context, by directory.Principal, ref string) (*directory.Integration, []ports.Payload, error) {
	if err := by.Require(directory.Admin); err != nil {
		return nil, nil, err
	}
	var of *directory.Integration
	list, err := one(ctx, u.Store.Read, func(ctx context.Context, r Repos) ([]ports.Payload, error) {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return nil, err
		}
		var ok bool
		if of, ok = snap.FindIntegration(ref); !ok {
			return nil, fault.NotFound("integration", ref)
		}
		return r.Payloads.Last(ctx, of.ID)
	})
	return of, list, err
}
