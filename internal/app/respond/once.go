package respond

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Once works what a provider brings once, however often it brings it.
type Once struct {
	Inbound ports.Atomically[ports.Inbound]
	Clock   ports.Clock
}

const (
	workFor = 15 * time.Second // what is brought is somebody's to work: longer than any answer takes
	noteFor = 3 * time.Second  // that it was worked
)

// Do gives again true for what was worked before, with an error of KindConflict where somebody works it at this moment.
// After an error of KindUnavailable or KindInternal it may be brought again; every other is an answer like any.
func (u Once) Do(ctx context.Context, key string, work func(ctx context.Context) error) (again bool, err error) {
	now := u.Clock.Now()
	var mine, done bool
	err = u.Inbound(ctx, func(ctx context.Context, in ports.Inbound) (err error) {
		mine, done, err = in.Take(ctx, key, now, now.Add(workFor))
		return err
	})
	switch {
	case err != nil:
		return false, err
	case done:
		return true, nil
	case !mine:
		return true, fault.Conflict("callback.worked", "somebody works this at this moment")
	}
	if err = work(ctx); failed(err) {
		return false, err
	}
	// Whoever brought it may have gone. Where this cannot be noted it may be worked again: most answers that repeat
	// themselves change nothing.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteFor)
	defer cancel()
	_ = u.Inbound(ctx, func(ctx context.Context, in ports.Inbound) error { return in.Done(ctx, key) })
	return false, err
}

// failed says whether something could not be done, which is no answer.
func failed(err error) bool {
	k := fault.Of(err).Kind
	return err != nil && (k == fault.KindUnavailable || k == fault.KindInternal)
}
