package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Healthy says that a service works: it counts as its sources resolving every alert.
type Healthy struct{ Deps Deps }

// Do ends every firing alert of the service's incidents, those in grace included; environment "" means any.
func (u Healthy) Do(ctx context.Context, by directory.Principal, service, environment string) ([]Result, error) {
	actor, err := acting(by)
	if err != nil {
		return nil, err
	}
	var results []Result
	var changes []incident.Change
	err = u.Deps.atomically(ctx, func(ctx context.Context, r Repos) error {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		svc, ok := snap.ServiceByName(service)
		if !ok {
			return fault.NotFound("service", service)
		}
		numbers, err := r.Incidents.Unresolved(ctx, svc.ID)
		if err != nil {
			return err
		}
		w, err := u.Deps.open(ctx, r, numbers)
		if err != nil {
			return err
		}
		if results, err = w.endAll(numbers, environment, actor); err != nil {
			return err
		}
		changes, err = w.save(ctx)
		return err
	})
	if err == nil {
		u.Deps.Committed(changes)
	}
	return results, err
}

// endAll ends the firing alerts of these incidents, or those of one environment.
func (w *work) endAll(numbers []id.Incident, environment string, by incident.Actor) ([]Result, error) {
	results := make([]Result, 0, len(numbers))
	for _, n := range numbers {
		f := w.folds[n]
		if f == nil {
			continue
		}
		was := f.State().Status
		for _, a := range w.firing[n] {
			if environment != "" && a.Environment != environment {
				continue
			}
			if err := w.endAlert(f, a, by); err != nil {
				return nil, err
			}
		}
		s := f.State()
		results = append(results, Result{Ref: s.ID, Number: n, ID: s.ID, Status: s.Status, Assignee: s.Assignee, Changed: was != s.Status})
	}
	return results, nil
}
