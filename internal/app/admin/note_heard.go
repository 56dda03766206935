package admin

import (
	"context"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// NoteHeard notes that something came from an integration. It is on the hot path: of all that come within a minute,
// one costs a write.
type NoteHeard struct {
	store Store
	clock ports.Clock

	mu    sync.Mutex
	noted map[id.Integration]time.Time
}

// NewNoteHeard makes one; it may be used by many at once.
func NewNoteHeard(s Store, c ports.Clock) *NoteHeard {
	return &NoteHeard{store: s, clock: c, noted: map[id.Integration]time.Time{}}
}

// Wants says whether Do would write.
func (u *NoteHeard) Wants(i id.Integration) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	last, ok := u.noted[i]
	return !ok || stale(last, u.clock.Now())
}

// Do is for after the commit. Where it cannot be noted, what comes next is.
func (u *NoteHeard) Do(ctx context.Context, i id.Integration) {
	now := u.clock.Now()
	if !u.claim(i, now) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := u.store.Write(ctx, func(ctx context.Context, r Repos) error { return r.Heard.Note(ctx, i, now) }); err != nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.noted, i)
	}
}

// claim says whether it is the caller's to note.
func (u *NoteHeard) claim(i id.Integration, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if last, ok := u.noted[i]; ok && !stale(last, now) {
		return false
	}
	u.noted[i] = now
	return true
}

// ReadLooks says how reading each integration's Alertmanagers went.
type ReadLooks struct{ Store Store }

// Do leaves out those that were never read.
func (u ReadLooks) Do(ctx context.Context, by directory.Principal) (map[id.Integration]ports.Look, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, err
	}
	return one(ctx, u.Store.Read, func(ctx context.Context, r Repos) (map[id.Integration]ports.Look, error) { return r.Looks.All(ctx) })
}

// ReadHeard says when something came from each integration.
type ReadHeard struct{ Store Store }

// Do leaves out those of which nothing came yet.
func (u ReadHeard) Do(ctx context.Context, by directory.Principal) (map[id.Integration]ports.Hearing, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, err
	}
	return one(ctx, u.Store.Read, func(ctx context.Context, r Repos) (map[id.Integration]ports.Hearing, error) { return r.Heard.All(ctx) })
}
