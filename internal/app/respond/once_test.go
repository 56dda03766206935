package respond_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// moving is a clock that a test moves.
type moving struct{ at time.Time }

func (m *moving) Now() time.Time { return m.at }

// What is brought again is worked again only where it could not be done, once it is nobody's any more.
func TestOnce(t *testing.T) {
	t.Parallel()
	refused := fault.Forbidden("answer.nobody", "nobody")
	for name, c := range map[string]struct {
		err   error
		gone  bool // whoever brought it went away meanwhile
		again bool // it is worked again
	}{
		"done":              {nil, false, false},
		"refused":           {refused, false, false},
		"the database away": {fault.Unavailable(0, "store.unavailable", "away"), false, true},
		"a failure of ours": {errors.New("a bug"), false, true},
		"done for nobody":   {nil, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, clock := memory.New(nil), &moving{standing{}.Now()}
			inbound := memory.Atomic(db, (*memory.Tx).Inbound)
			once := respond.Once{Clock: clock, Inbound: func(ctx context.Context, f func(context.Context, ports.Inbound) error) error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return inbound(ctx, f)
			}}
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			worked := 0
			bring := func(ctx context.Context) (bool, error) {
				return once.Do(ctx, "slack:t1", func(context.Context) error {
					worked++
					if c.gone {
						leave()
					}
					return c.err
				})
			}
			if again, err := bring(ctx); again || !errors.Is(err, c.err) {
				t.Fatalf("first %v, %v", again, err)
			}
			if again, err := bring(t.Context()); !again || fault.Is(err, fault.KindConflict) != c.again {
				t.Errorf("while it may be worked: %v, %v", again, err)
			}
			clock.at = clock.at.Add(16 * time.Second)
			if again, _ := bring(t.Context()); again == c.again || (worked == 2) != c.again {
				t.Errorf("later: %v, and worked %d times", again, worked)
			}
		})
	}
}
