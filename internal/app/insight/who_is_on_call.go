package insight

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// WhoIsOnCall says whom each escalation policy pages first, as things are now.
type WhoIsOnCall struct {
	Directory ports.Atomically[ports.Directory] // only read
	Clock     ports.Clock
}

// Duty is whom a policy pages first.
type Duty struct {
	Policy string
	Who    []string // names; empty: nobody can be reached
}

// Do gives every policy, by name.
func (u WhoIsOnCall) Do(ctx context.Context, by directory.Principal) ([]Duty, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, err
	}
	var out []Duty
	err := u.Directory(ctx, func(ctx context.Context, r ports.Directory) error {
		people, err := r.Current(ctx)
		if err != nil {
			return err
		}
		out = nil
		for _, ref := range people.Current {
			p, ok := people.Policy(ref)
			if !ok || len(p.Levels) == 0 {
				continue
			}
			out = append(out, Duty{Policy: p.Name, Who: named(people, p.Levels[0].Targets, u.Clock.Now())})
		}
		slices.SortFunc(out, func(a, b Duty) int { return strings.Compare(a.Policy, b.Policy) })
		return nil
	})
	return out, err
}

// named are whoever targets mean now, each once.
func named(people *directory.Snapshot, targets []escalation.Target, now time.Time) (names []string) {
	for _, t := range targets {
		for _, to := range people.Resolve(t, now) {
			if n := people.Name(to); !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}
