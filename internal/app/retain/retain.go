// Package retain keeps what is over for a time only: some at once, so that nobody is paged later for it.
package retain

import (
	"context"
	"log/slog"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	// Every is how often some is removed, where there is any.
	Every = time.Second

	some    = 50              // incidents in one transaction
	others  = 500             // of what is small
	look    = time.Hour       // how often it is looked for
	turn    = time.Minute     // for how long a server has its turn
	archive = 20 * some       // incidents in one file
	again   = 5 * time.Minute // when what cannot be archived is tried again
)

// Keep is for how long what is kept; 0 is for ever.
type Keep struct {
	Incidents  time.Duration // after they were resolved: with history, alerts, pages and messages
	Quarantine time.Duration
	Payloads   time.Duration
}

// Archive keeps incidents elsewhere before they are removed here.
type Archive interface {
	// Unfinished gives what the newest file of the archive holds: it may not have been removed here.
	Unfinished(ctx context.Context) ([]ports.Past, error)
	// Write keeps these for good when it returns nil.
	Write(ctx context.Context, past []ports.Past) error
}

// Run removes what is over and old. It is for one goroutine.
type Run struct {
	History    ports.History
	Others     ports.Others
	Archive    Archive // nil: nothing is kept elsewhere
	Atomically ports.Atomically[ports.Leases]
	Holder     string // this replica
	Clock      ports.Clock
	Keep       Keep
	Log        *slog.Logger
	Removed    func(incidents int) // told after the commit

	next     time.Time    // when to begin again
	asked    bool         // the archive, for what was not finished
	archived []ports.Past // and not removed yet
	after    ports.Past   // how far incidents were gone through
	key      string       // and how far keys were
	swept    bool         // all keys were looked at since the start
	sum      Removed      // since the last pause
	failed   error        // by which it waits
}

// Removed is how much was, or would be.
type Removed struct {
	Incidents  int `json:"incidents"`
	Quarantine int `json:"quarantined"`
	Payloads   int `json:"payloads"`
	Messages   int `json:"messages_of_no_incident"`
}

// RunOnce removes some, where it is this replica's turn. It never asks to be called again at once: people are paged meanwhile.
func (u *Run) RunOnce(ctx context.Context) (int, error) {
	now := u.Clock.Now()
	if now.Before(u.next) && u.next.Sub(now) <= look { // and not where the clock was put back
		return 0, u.failed
	}
	mine := false
	err := u.Atomically(ctx, func(ctx context.Context, l ports.Leases) (err error) {
		mine, err = l.Take(ctx, "retain", u.Holder, now, now.Add(turn))
		return err
	})
	if err != nil || !mine {
		return 0, err
	}
	more, err := u.step(ctx, now)
	switch u.failed = err; {
	case err != nil:
		u.next = now.Add(again)
	case !more:
		u.rest(now)
	}
	return 0, err
}

// rest says what was removed and waits for what grows old.
func (u *Run) rest(now time.Time) {
	if u.sum != (Removed{}) {
		u.Log.Info("what was old was removed", "incidents", u.sum.Incidents, "quarantined", u.sum.Quarantine, "payloads", u.sum.Payloads,
			"messages", u.sum.Messages)
	}
	u.next, u.sum, u.after = now.Add(look), Removed{}, ports.Past{}
}

// Take is all at once, for a command: each step is as long as a server's.
func (u *Run) Take(ctx context.Context) (Removed, error) {
	for {
		more, err := u.step(ctx, u.Clock.Now())
		if err != nil || !more {
			return u.sum, err
		}
	}
}

// step removes some; more says whether to come again.
func (u *Run) step(ctx context.Context, now time.Time) (more bool, err error) {
	if u.Keep.Incidents > 0 {
		if more, err = u.incidents(ctx, now); err != nil || more {
			return more, err
		}
	}
	return u.others(ctx, now)
}

func (u *Run) incidents(ctx context.Context, now time.Time) (more bool, err error) {
	if u.Archive != nil && !u.asked {
		if u.archived, err = u.Archive.Unfinished(ctx); err != nil {
			return false, err
		}
		u.asked = true
	}
	if len(u.archived) > 0 {
		n := min(some, len(u.archived))
		if err := u.forget(ctx, u.archived[:n]); err != nil {
			return false, err
		}
		u.archived = u.archived[n:]
		return true, nil
	}
	limit := some
	if u.Archive != nil {
		limit = archive
	}
	over, next, err := u.History.Over(ctx, now.Add(-u.Keep.Incidents), u.after, limit)
	if err != nil {
		return false, err
	}
	switch {
	case len(over) == 0:
	case u.Archive != nil:
		if err := u.Archive.Write(ctx, over); err != nil {
			return false, err
		}
		u.archived = over
	default:
		if err := u.forget(ctx, over); err != nil {
			return false, err
		}
	}
	u.after = next
	return next.Number != 0 || len(u.archived) > 0, nil
}

func (u *Run) forget(ctx context.Context, past []ports.Past) error {
	n, err := u.History.Forget(ctx, past, u.Clock.Now().Add(-u.Keep.Incidents))
	if err == nil && n > 0 {
		u.sum.Incidents += n
		u.Removed(n)
	}
	return err
}

// others removes some of what is small, and then looks at some of the keys: those of a run before this one, too.
func (u *Run) others(ctx context.Context, now time.Time) (more bool, err error) {
	for _, o := range u.kinds() {
		if o.keep <= 0 {
			continue
		}
		n, err := u.Others.ForgetOther(ctx, o.what, now.Add(-o.keep), others)
		*o.sum += n
		if err != nil || n == others {
			return err == nil, err
		}
	}
	if u.swept && u.sum.Incidents == 0 {
		return false, nil
	}
	if u.key, err = u.History.ForgetKeys(ctx, u.key, others); err != nil || u.key != "" {
		return err == nil, err
	}
	u.swept = true
	return false, nil
}

type kind struct {
	what ports.Gone
	keep time.Duration
	sum  *int
}

func (u *Run) kinds() []kind {
	return []kind{
		{ports.GoneQuarantine, u.Keep.Quarantine, &u.sum.Quarantine},
		{ports.GonePayloads, u.Keep.Payloads, &u.sum.Payloads},
		{ports.GoneMessages, u.Keep.Incidents, &u.sum.Messages},
	}
}

// Count is what Take would remove now; it removes nothing. oldest is when the oldest of the incidents was resolved.
func (u *Run) Count(ctx context.Context) (n Removed, oldest time.Time, err error) {
	now := u.Clock.Now()
	for after, first := (ports.Past{}), true; u.Keep.Incidents > 0 && (first || after.Number != 0); first = false {
		var over []ports.Past
		if over, after, err = u.History.Over(ctx, now.Add(-u.Keep.Incidents), after, archive); err != nil {
			return n, oldest, err
		}
		u.sum.Incidents += len(over)
		for _, p := range over {
			if oldest.IsZero() || p.ResolvedAt.Before(oldest) {
				oldest = p.ResolvedAt
			}
		}
	}
	for _, o := range u.kinds() {
		if o.keep <= 0 {
			continue
		}
		if *o.sum, err = u.Others.CountOther(ctx, o.what, now.Add(-o.keep)); err != nil {
			return n, oldest, err
		}
	}
	return u.sum, oldest, nil
}
