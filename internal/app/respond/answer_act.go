package respond

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
)

// doing is a deed with what it needs.
type doing struct {
	Deed notification.Deed
	For  time.Duration // of a snooze
	Note string
}

// act does it, as the person, and says what came of it.
func (u Answer) act(ctx context.Context, a answering, do doing) (string, error) {
	by, d := a.user.Principal(), u.Deps
	by.Via = a.via
	d.Unanswered = func() {} // the whole answer is counted once
	now := d.Clock.Now()
	said := text.Answered{Deed: do.Deed, Zone: a.people.Zone(a.user), Now: now, Until: now.Add(do.For)}
	for part := range slices.Chunk(a.numbers, MaxAtOnce) {
		refs := make([]string, len(part))
		for i, n := range part {
			refs[i] = strconv.FormatInt(int64(n), 10)
		}
		results, err := d.deed(ctx, do, by, refs)
		if fault.Is(err, fault.KindForbidden) {
			return "Refused: your role may not do this. Escalation continues.", err
		}
		if err != nil {
			return "", err
		}
		for i := range results {
			done := doneOf(&results[i], by.Actor)
			done.Incident = cmp.Or(done.Incident, part[i]) // of one that is gone
			said.Done = append(said.Done, done)
		}
	}
	return text.Reply(said), nil
}

func (d Deps) deed(ctx context.Context, do doing, by directory.Principal, refs []string) ([]Result, error) {
	switch do.Deed { //nolint:exhaustive // the others are about no incident
	case notification.DeedAcknowledge:
		return Acknowledge{Deps: d}.Do(ctx, by, refs, "")
	case notification.DeedResolve:
		return Resolve{Deps: d}.Do(ctx, by, refs, "")
	case notification.DeedPassOn:
		return d.do(ctx, by, refs, func(_ *work, s *incident.State, by incident.Actor) (incident.Event, error) {
			if s.Status == incident.Acknowledged() && !s.Assignee.Is(by) {
				return nil, nil // somebody owns it meanwhile: there is nothing to pass on
			}
			return incident.PassOn{By: by}, nil
		})
	case notification.DeedSnooze:
		return Snooze{Deps: d}.Do(ctx, by, refs, Until{For: do.For}, "")
	case notification.DeedEscalate:
		return EscalateNow{Deps: d}.Do(ctx, by, refs, "")
	case notification.DeedNote:
		return AddNote{Deps: d}.Do(ctx, by, refs, do.Note)
	}
	return nil, fault.Invalid("answer.deed", "%q is nothing to do with incidents", do.Deed)
}

func doneOf(r *Result, by incident.Actor) text.Done {
	d := text.Done{
		Incident: r.Number, Service: r.Service, Severity: r.Severity, Status: r.Status.String(), Changed: r.Changed && r.Err == nil,
		Owner: r.Assignee.Name, Mine: r.Assignee.Is(by), At: r.Since,
	}
	if r.Err != nil {
		d.Refused = r.Err.Message
	}
	return d
}
