package respond

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// PageNow pages people or teams at once: an incident that a person opens, without an alert.
type PageNow struct{ Deps Deps }

// Page is what somebody wants to say to whom.
type Page struct {
	Title    string
	Text     string // may be empty
	Service  string // name; "": none, and the default policy goes on after them
	Severity string // warning, error or critical; "": critical
	Priority string // P1 to P5; "": none
	To       []Whom
	Key      string // the same for every attempt to send it; "": none
}

const (
	maxTitle = 200 // characters
	maxPaged = 20
)

// Do opens the incident. Where nobody who is named can be reached, nothing is opened: incident.unreachable. What was
// sent by the same person under the same key before is not opened again: the result says what became of it.
func (u PageNow) Do(ctx context.Context, by directory.Principal, p Page) (Result, error) {
	actor, err := acting(by)
	if err != nil {
		return Result{}, err
	}
	p.Title = strings.TrimSpace(p.Title)
	switch {
	case p.Title == "" || len([]rune(p.Title)) > maxTitle:
		return Result{}, fault.Invalid("incident.title", "say in 1 to %d characters what is wrong", maxTitle).At("title")
	case len(p.To) == 0 || len(p.To) > maxPaged:
		return Result{}, fault.Invalid("incident.whom", "name 1 to %d people or teams to page, not %d", maxPaged, len(p.To)).At("to")
	}
	var res Result
	var changes []incident.Change
	err = u.Deps.atomically(ctx, func(ctx context.Context, r Repos) error {
		own := u.Deps.NewID()
		if p.Key != "" {
			own = idOfKey(actor, p.Key)
		}
		before, err := r.Incidents.Find(ctx, []string{own})
		if err != nil {
			return err
		}
		w, err := u.Deps.open(ctx, r, values(before))
		if err != nil {
			return err
		}
		n, known := before[own]
		if !known {
			if n, err = w.begin(ctx, own, actor, p); err != nil {
				return err
			}
		}
		res = w.one(n.String(), n, func(*work, *incident.Fold) (bool, error) { return !known, nil })
		changes, err = w.save(ctx)
		return err
	})
	if err == nil {
		u.Deps.Committed(changes)
	}
	return res, err
}

// idOfKey is the id of the incident that somebody opens under a key, a UUID of version 8: who sends it twice at once is
// stopped by the id, which no two incidents have.
func idOfKey(by incident.Actor, key string) string {
	b := sha256.Sum256([]byte(string(by.Kind) + " " + by.ID + " " + key))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// begin opens the incident of a page.
func (w *work) begin(ctx context.Context, own string, by incident.Actor, p Page) (id.Incident, error) {
	s, ev, err := w.manual(by, p)
	if err != nil {
		return 0, err
	}
	numbers, err := w.repos.Incidents.Reserve(ctx, 1)
	if err != nil {
		return 0, err
	}
	s.Number, s.ID = numbers[0], own
	f := incident.NewFold(s)
	w.folds[s.Number] = f
	return s.Number, f.Step(ev, w.in(f.State()))
}

// manual is the incident that a page opens, and how.
func (w *work) manual(by incident.Actor, p Page) (incident.State, incident.PageNow, error) {
	s := incident.State{Title: p.Title, ServiceName: directory.NoService, Environment: "default"}
	ev := incident.PageNow{By: by, Severity: alert.Critical(), Text: p.Text}
	if p.Service != "" {
		svc, ok := w.people.ServiceByName(p.Service)
		if !ok {
			return s, ev, fault.NotFound("service", p.Service)
		}
		s.Service, s.ServiceName, s.Team = svc.ID, svc.Name, svc.Team
	}
	var err error
	if p.Severity != "" {
		if ev.Severity, err = alert.ParseSeverity(p.Severity); err != nil {
			return s, ev, fault.Invalid("incident.severity", "%v", err).At("severity")
		}
	}
	if s.Priority, err = incident.ParsePriority(p.Priority); err != nil {
		return s, ev, err
	}
	for _, whom := range p.To {
		t, err := whom.target(w.people)
		if err != nil {
			return s, ev, err
		}
		ev.Targets = append(ev.Targets, t)
	}
	return s, ev, nil
}
