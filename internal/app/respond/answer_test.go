package respond_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Whatever the database does, whoever acknowledges hears what became of it; who waits for too long is counted.
func TestEveryAcknowledgementIsAnswered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes      time.Duration
		err        error
		code       string
		unanswered int
	}{
		"the database does not answer":           {10 * time.Second, context.DeadlineExceeded, "incident.not_saved", 0},
		"it does not say whether it was saved":   {time.Second, ports.ErrUnknownOutcome, "incident.not_known", 0},
		"it does not even heed that it is late":  {10*time.Second + time.Millisecond, context.DeadlineExceeded, "incident.not_saved", 1},
		"the database cannot be reached":         {time.Second, fault.Unavailable(0, "store.unavailable", "refused"), "incident.not_saved", 0},
		"what was said late was unknown as well": {11 * time.Second, ports.ErrUnknownOutcome, "incident.not_known", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				unanswered := 0
				d := respond.Deps{
					Committed: func([]incident.Change) {}, Unanswered: func() { unanswered++ },
					Atomically: func(context.Context, func(context.Context, respond.Repos) error) error {
						time.Sleep(c.takes)
						return c.err
					},
				}
				by := directory.Principal{Role: directory.Responder}
				_, err := respond.Acknowledge{Deps: d}.Do(t.Context(), by, []string{"1"}, "")
				if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != c.code || f.Kind != fault.KindUnavailable {
					t.Errorf("%v, want %s", err, c.code)
				}
				if unanswered != c.unanswered {
					t.Errorf("%d are counted as unanswered, want %d", unanswered, c.unanswered)
				}
			})
		})
	}
}
