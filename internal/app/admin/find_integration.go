package admin

import (
	"context"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// FindIntegration says whose key an alert came with. It is on the hot path, so it keeps a picture of the
// directory for up to a second; a key that is not in it is looked up afresh, at most every 50 ms.
type FindIntegration struct {
	store Store
	clock ports.Clock

	asking sync.Mutex // held by whoever asks the database

	mu   sync.Mutex
	snap *directory.Snapshot
	at   time.Time // when the database was last asked
	err  error     // what it then said
}

// NewFindIntegration makes one; it may be used by many at once.
func NewFindIntegration(s Store, c ports.Clock) *FindIntegration {
	return &FindIntegration{store: s, clock: c}
}

const (
	pictureLife  = time.Second
	refreshFloor = 50 * time.Millisecond
	askLimit     = 500 * time.Millisecond // to wait for a newer picture where there is one
)

// Do gives the integration of a key; Unauthorized where there is none or it is disabled. While the
// database is away the last picture goes on to count: refusing is not for us to decide then.
func (u *FindIntegration) Do(ctx context.Context, key string) (*directory.Integration, error) {
	hash := HashSecret(key)
	snap, err := u.picture(ctx, pictureLife)
	if snap == nil {
		return nil, err
	}
	found, ok := snap.IntegrationByKeyHash(hash)
	if !ok {
		if snap, err = u.picture(ctx, refreshFloor); err != nil {
			return nil, err // it may be a key of now
		}
		found, ok = snap.IntegrationByKeyHash(hash)
	}
	if !ok || found.Disabled {
		return nil, fault.Unauthorized("alerts.key_wrong", "this integration key is not known, or its integration is disabled")
	}
	return found, nil
}

// Refresh looks at the directory, so that there is a picture when the database goes away before anybody has sent.
func (u *FindIntegration) Refresh(ctx context.Context) error {
	_, err := u.picture(ctx, pictureLife)
	return err
}

// picture gives one that is younger than life. While one asks for it, the others go on with the last: a database
// that hangs must not hold up everybody who sends. Only who has a key that the last picture lacks waits, too. With an error comes the last picture, where there is one.
func (u *FindIntegration) picture(ctx context.Context, life time.Duration) (*directory.Snapshot, error) {
	last, err, fresh := u.last(life)
	if fresh {
		return last, err
	}
	switch {
	case last == nil || life < pictureLife:
		u.asking.Lock()
	case !u.asking.TryLock():
		return last, err
	}
	defer u.asking.Unlock()
	if last, err, fresh = u.last(life); fresh {
		return last, err
	}
	asked := u.clock.Now()
	if last != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, askLimit)
		defer cancel()
	}
	snap, err := one(ctx, u.store.Read, func(ctx context.Context, r Repos) (*directory.Snapshot, error) { return r.Directory.Current(ctx) })
	switch {
	case err == nil:
		last = snap
	case last == nil:
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.snap, u.at, u.err = last, asked, err
	return last, err
}

func (u *FindIntegration) last(life time.Duration) (snap *directory.Snapshot, err error, fresh bool) { //nolint:revive // the error is part of the picture
	u.mu.Lock()
	defer u.mu.Unlock()
	age := u.clock.Now().Sub(u.at)
	return u.snap, u.err, u.snap != nil && age >= 0 && age < life
}
