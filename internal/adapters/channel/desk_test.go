package channel

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// brought is what a provider brought: where it stands, or why nobody can say.
type brought struct {
	mine, done bool
	err        error
}

func (b brought) Take(context.Context, string, time.Time, time.Time) (mine, done bool, err error) {
	return b.mine, b.done, b.err
}
func (b brought) Done(context.Context, string) error                        { return nil }
func (b brought) Forget(context.Context, time.Time, int) (n int, err error) { return 0, nil }
func (b brought) Now() time.Time                                            { return time.Time{} }

// Somebody hears what came of each thing that they ask for, and of what came again nothing: it was said, or will be.
func TestWhatIsSaid(t *testing.T) {
	t.Parallel()
	away := fault.Unavailable(0, "store.unavailable", "refused")
	const known = "You are not known in Rouse. Nothing changed. On your own page there, make a code, and write here: /rouse link CODE"
	for name, c := range map[string]struct {
		in   brought
		deed notification.Deed
		said string
		err  error
		want string
	}{
		"done":                     {brought{mine: true}, "acknowledge", "Acked #1.", nil, "Acked #1."},
		"done before":              {brought{done: true}, "acknowledge", "", nil, ""},
		"done at this moment":      {brought{}, "acknowledge", "", nil, ""},
		"the database away":        {brought{err: away}, "acknowledge", "", nil, "NOT ACKED: could not save. Escalation continues."},
		"not in time":              {brought{err: context.DeadlineExceeded}, "", "", nil, "NOT done: the database cannot be reached, or did not answer in time. Try again."},
		"a failure of ours":        {brought{mine: true}, "", "", errors.New("canary"), "NOT done: something went wrong here; the log says what."},
		"of an acknowledgement":    {brought{mine: true}, "acknowledge", "", errors.New("canary"), "NOT ACKED: could not save. Escalation continues."},
		"refused":                  {brought{mine: true}, "", "", fault.NotFound("team", "x"), "there is no team x."},
		"a page that is not known": {brought{mine: true}, "", "", fault.Unavailable(0, "incident.not_known", "It is NOT known"), "It is NOT known."},
		"by nobody":                {brought{mine: true}, "acknowledge", "no", fault.Forbidden("answer.nobody", "nobody"), known},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := Desk{Kind: "chat", Prefix: "/rouse ", Log: slog.New(slog.DiscardHandler), Once: respond.Once{Clock: c.in, Inbound: func(ctx context.Context, f func(context.Context, ports.Inbound) error) error {
				return f(ctx, c.in)
			}}}
			got := d.Work(t.Context(), "1", c.deed, func(context.Context) (string, error) { return c.said, c.err })
			if got != c.want {
				t.Errorf("said %q, want %q", got, c.want)
			}
		})
	}
}
