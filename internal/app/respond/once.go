package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Once works what a provider brings once, however often it brings it.
type Once struct {
	Inbound ports.Atomically[ports.Inbound]
	Clock   ports.Clock
}

// Do gives again true for what was worked, or is being worked, before. After an error of KindUnavailable it may be
// brought again; every other is an answer like any.
func (u Once) Do(ctx context.Context, key string, work func(ctx context.Context) error) (again bool, err error) {
	now := u.Clock.Now()
	var mine bool
	err = u.Inbound(ctx, func(ctx context.Context, in ports.Inbound) (err error) {
		mine, _, err = in.Take(ctx, key, now, now.Add(workFor))
		return err
	})
	if err != nil || !mine {
		return err == nil, err
	}
	if err = work(ctx); fault.Is(err, fault.KindUnavailable) {
		return false, err
	}
	// Where this cannot be noted it may be worked again: an answer that repeats itself changes nothing.
	_ = u.Inbound(ctx, func(ctx context.Context, in ports.Inbound) error { return in.Done(ctx, key) })
	return false, err
}
