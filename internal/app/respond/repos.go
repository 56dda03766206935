// Package respond is what people do with incidents.
package respond

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// MaxAtOnce is how many incidents one request may name.
const MaxAtOnce = 500

// Repos is what responding reads and writes in one transaction.
type Repos struct {
	Directory ports.Directory
	Incidents ports.Incidents
	Alerts    ports.Alerts
	Keys      ports.Correlations
}

// Deps are what the use cases need besides their transactions.
type Deps struct {
	Atomically ports.Atomically[Repos]
	Clock      ports.Clock
	Committed  func(changes []incident.Change) // told after the commit; never blocks
	Unanswered func()                          // told when somebody waited longer than promised
	NewID      func() string                   // of an incident that a person opens
}

// Result is what became of one incident that was named.
type Result struct {
	Ref      string // as it was named
	Number   id.Incident
	ID       string
	Service  string
	Severity alert.Severity
	Status   incident.Status
	Since    time.Time // when it was acknowledged or resolved; zero while it is open
	Assignee incident.Actor
	Changed  bool
	Said     string       // what became of it, in words
	Err      *fault.Error // this one's own failure; the others are not touched by it
}

// work is one transaction over the incidents that a request names.
type work struct {
	repos      Repos
	people     *directory.Snapshot
	in         func(s *incident.State) incident.Input
	folds      map[id.Incident]*incident.Fold
	firing     map[id.Incident][]alert.Alert
	alerts     []alert.Alert
	events     []alert.Event
	unreadable []id.Incident
}

// each loads and locks what the refs name, lets decide take its steps, and saves.
// Every incident is its own decision; all are saved in one transaction.
func (d Deps) each(ctx context.Context, refs []string, decide func(w *work, f *incident.Fold) (changed bool, err error)) ([]Result, error) {
	switch {
	case len(refs) == 0:
		return nil, fault.Invalid("incident.none", "name at least one incident")
	case len(refs) > MaxAtOnce:
		return nil, fault.Invalid("incident.too_many", "name at most %d incidents at once, not %d", MaxAtOnce, len(refs))
	}
	var results []Result
	var changes []incident.Change
	err := d.atomically(ctx, func(ctx context.Context, r Repos) error {
		numbers, err := r.Incidents.Find(ctx, refs)
		if err != nil {
			return err
		}
		w, err := d.open(ctx, r, values(numbers))
		if err != nil {
			return err
		}
		results = results[:0]
		for _, ref := range refs {
			results = append(results, w.one(ref, numbers[ref], decide))
		}
		changes, err = w.save(ctx)
		return err
	})
	if err == nil {
		d.Committed(changes)
	}
	return results, err
}

// Within answerWithin people hear that it is saved, or that it is not; patience is for the database.
const (
	answerWithin = 10 * time.Second
	patience     = 9 * time.Second
)

func (d Deps) atomically(ctx context.Context, f func(context.Context, Repos) error) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := d.Atomically(ctx, f)
	if time.Since(began) > answerWithin {
		d.Unanswered()
	}
	switch {
	case errors.Is(err, ports.ErrUnknownOutcome):
		return fault.Unavailable(time.Second, "incident.not_known", "It is NOT known whether this was saved: the database did not say. Look at the incident before you try again").Because(err)
	case err != nil && ctx.Err() != nil, fault.Is(err, fault.KindUnavailable):
		return fault.Unavailable(time.Second, "incident.not_saved", "NOT saved: the database cannot be reached, or did not answer in time. Escalation continues; try again").Because(err)
	}
	return err
}

func values(m map[string]id.Incident) []id.Incident {
	out := make([]id.Incident, 0, len(m))
	for _, n := range m {
		out = append(out, n)
	}
	return out
}

func (d Deps) open(ctx context.Context, r Repos, numbers []id.Incident) (*work, error) {
	snap, err := r.Directory.Current(ctx)
	if err != nil {
		return nil, err
	}
	now := d.Clock.Now()
	w := &work{repos: r, people: snap, folds: make(map[id.Incident]*incident.Fold), firing: make(map[id.Incident][]alert.Alert),
		in: func(s *incident.State) incident.Input {
			return incident.Input{Now: now, Rules: snap.RulesOf(s.Service), Roster: snap}
		}}
	if len(numbers) == 0 {
		return w, nil
	}
	states, err := w.lock(ctx, numbers)
	if err != nil {
		return nil, err
	}
	for n, s := range states {
		if s.MergedInto.Number != 0 {
			return nil, ports.ErrStale // merged since it was found: the other one is meant
		}
		w.folds[n] = incident.NewFold(s)
	}
	firing, err := r.Alerts.Firing(ctx, numbers)
	for _, a := range firing {
		w.firing[a.Incident] = append(w.firing[a.Incident], a)
	}
	return w, err
}

// lock takes the incidents; where one of them cannot be read, the others are worked all the same.
func (w *work) lock(ctx context.Context, numbers []id.Incident) (map[id.Incident]incident.State, error) {
	states, err := w.repos.Incidents.Lock(ctx, numbers)
	if err == nil || len(numbers) == 1 || fault.Is(err, fault.KindUnavailable) || errors.Is(err, ports.ErrStale) {
		return states, err
	}
	states = make(map[id.Incident]incident.State, len(numbers))
	for _, n := range slices.Sorted(slices.Values(numbers)) {
		alone, err := w.repos.Incidents.Lock(ctx, []id.Incident{n})
		if err != nil {
			w.unreadable = append(w.unreadable, n)
		}
		maps.Copy(states, alone)
	}
	return states, nil
}

func (w *work) one(ref string, n id.Incident, decide func(*work, *incident.Fold) (bool, error)) Result {
	f := w.folds[n]
	if slices.Contains(w.unreadable, n) {
		return Result{Ref: ref, Err: fault.Of(errors.New("the incident cannot be read"))}
	}
	if f == nil {
		return Result{Ref: ref, Err: fault.NotFound("incident", ref)}
	}
	changed, err := decide(w, f)
	s := f.State()
	res := Result{Ref: ref, Number: n, ID: s.ID, Status: s.Status, Assignee: s.Assignee, Changed: changed}
	res.Service, res.Severity, res.Since, res.Said = s.ServiceName, s.Severity, since(s), say(s, changed)
	if err != nil {
		res.Err = fault.Of(err)
	}
	return res
}

// since is when an incident came to stand as it does; zero while it is open.
func since(s *incident.State) time.Time {
	switch s.Status {
	case incident.Acknowledged():
		return s.AckedAt
	case incident.Resolved():
		return s.ResolvedAt
	}
	return time.Time{}
}

// say puts into words where an incident stands, and whether that is new.
func say(s *incident.State, changed bool) string {
	text := s.Number.String()
	switch {
	case s.Status == incident.Resolved():
		text += " is resolved"
	case s.Snoozed():
		text += " is snoozed until " + s.SnoozedUntil.UTC().Format("2006-01-02 15:04") + " UTC. " + s.Assignee.Name + " owns it"
	case s.Status == incident.Acknowledged():
		text += " is acknowledged. " + s.Assignee.Name + " owns it since " + s.AckedAt.UTC().Format("15:04") + " UTC"
	case s.Quiet:
		text += " is open and pages nobody"
	case s.Suppressed:
		text += " is open and silenced: nobody is paged until that ends"
	default:
		text += " is open: paging goes on"
	}
	if changed {
		return text + "."
	}
	return text + ". Nothing to do."
}

// endAlert ends a firing alert by a decision of ours.
func (w *work) endAlert(f *incident.Fold, a alert.Alert, by incident.Actor) error {
	in := w.in(f.State())
	w.alerts = append(w.alerts, a.End(in.Now))
	w.events = append(w.events, alert.Event{
		Incident: a.Incident, OpenedAt: f.State().OpenedAt, Seq: f.NextSeq(), At: in.Now, Kind: "ended",
		Key: a.Key, Name: a.Name, Severity: a.Severity, Start: a.Start, BeganAt: a.BeganAt,
	})
	return f.Step(incident.Ended{Alert: a.Name, Severity: a.Severity, Silence: a.Silence, By: by}, in)
}

func (w *work) save(ctx context.Context) ([]incident.Change, error) {
	var changes []incident.Change
	for _, n := range slices.Sorted(maps.Keys(w.folds)) {
		if f := w.folds[n]; f.Steps() > 0 {
			changes = append(changes, f.Change())
		}
	}
	if len(changes) > 0 {
		if err := w.repos.Incidents.Save(ctx, changes); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(w.alerts, func(a, b alert.Alert) int { return a.Compare(b.Key) })
	if len(w.alerts) > 0 {
		if err := w.repos.Alerts.Save(ctx, w.alerts); err != nil {
			return nil, err
		}
		return changes, w.repos.Alerts.Record(ctx, w.events)
	}
	return changes, nil
}

// acting is the principal as the one who acts, where it may respond.
func acting(by directory.Principal) (incident.Actor, error) {
	return by.Actor, by.Require(directory.Responder)
}
