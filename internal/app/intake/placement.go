package intake

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// placement is one transaction's work: alerts that changed, and the incidents that follow.
// Locks are taken once, in the order correlation keys → incidents; then everything is decided in memory
// in order of arrival, and written.
type placement struct {
	repos Repos
	snap  *directory.Snapshot
	now   time.Time
	newID func() string

	alerts map[alert.Key]*tracked
	order  []*tracked

	leads  map[string]id.Incident // correlation key → incident
	folds  map[id.Incident]*incident.Fold
	folded []id.Incident
	free   []id.Incident
	events []alert.Event
}

// tracked is an alert before and after.
type tracked struct {
	before, now alert.Alert
}

// changed says whether it must be written: what it was learnt of by a message always is.
func (t *tracked) changed() bool {
	a, b := &t.before, &t.now
	return a.Received != b.Received || a.Firing != b.Firing || a.Incident != b.Incident || a.Graced != b.Graced ||
		a.ListedBy != b.ListedBy || a.Missed != b.Missed || !a.Silence.Is(b.Silence)
}

// move is one thing that happened to one alert, with what it said at that moment.
type move struct {
	of       *tracked
	kind     alert.OutcomeKind
	was      alert.Severity
	labels   alert.LabelSet
	start    time.Time
	over     alert.Alert // for what ended or was superseded: the alert before
	stale    bool
	received time.Time      // where it waited, when it came
	by       incident.Actor // for ends
	key      string         // correlation key, where the alert may need a new place
}

func newPlacement(r Repos, snap *directory.Snapshot, now time.Time, newID func() string) *placement {
	return &placement{
		repos: r, snap: snap, now: now, newID: newID, alerts: make(map[alert.Key]*tracked),
		folds: make(map[id.Incident]*incident.Fold),
	}
}

// load fetches what is known of these alerts; unknown ones begin empty.
func (p *placement) load(ctx context.Context, keys []alert.Key) error {
	found, err := p.repos.Alerts.Find(ctx, keys)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if _, ok := p.alerts[k]; ok {
			continue
		}
		a, ok := found[k]
		if !ok {
			a.Key = k
		}
		p.track(a)
	}
	return nil
}

func (p *placement) track(a alert.Alert) *tracked {
	if t, ok := p.alerts[a.Key]; ok {
		return t
	}
	t := &tracked{before: a, now: a}
	p.alerts[a.Key] = t
	p.order = append(p.order, t)
	return t
}

// service is the monitored service of an alert, and whether the alert named one that we keep.
func (p *placement) service(from id.Integration, l alert.LabelSet) (*directory.Service, bool) {
	if from == directory.ProbeIntegration {
		return directory.ProbeService(), true
	}
	if svc, ok := p.snap.ServiceByName(l.Service); ok && l.Service != "" {
		return svc, true
	}
	svc, _ := p.snap.ServiceByName(directory.Unsorted)
	return svc, false
}

// keyed gives the move its correlation key where the alert may need a (new) place.
func (p *placement) keyed(m move) move {
	rises := m.labels.Severity.Above(m.was) && (m.kind == alert.Refreshed || m.kind == alert.Superseded)
	if m.kind == alert.Began || rises {
		svc, mapped := p.service(m.of.now.Integration, m.labels)
		m.key = svc.Correlate.Key(svc.ID, mapped, m.of.now.Key, m.labels)
	}
	return m
}

// lock takes all locks that the moves need.
func (p *placement) lock(ctx context.Context, moves []move, more ...id.Incident) error {
	var keys []string
	numbers := slices.Clone(more)
	for _, m := range moves {
		if m.key != "" {
			keys = append(keys, m.key)
		}
		if n := m.of.now.Incident; n != 0 && m.touchesIncident() {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	p.leads = map[string]id.Incident{}
	if len(keys) > 0 {
		leads, err := p.repos.Correlations.Lock(ctx, keys)
		if err != nil {
			return err
		}
		p.leads = leads
	}
	for _, n := range p.leads {
		if n != 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	if len(numbers) > 0 {
		states, err := p.repos.Incidents.Lock(ctx, numbers)
		if err != nil {
			return err
		}
		for n, s := range states {
			p.folds[n] = incident.NewFold(s)
		}
	}
	return p.reserve(ctx, keys, moves)
}

func (m *move) touchesIncident() bool {
	switch m.kind {
	case alert.Ended:
		return true
	case alert.Refreshed, alert.Superseded:
		return m.was != m.labels.Severity || m.kind == alert.Superseded
	case alert.Began, alert.Idle, alert.Late, alert.Doubtful, alert.Expired:
		return false
	}
	return false
}

// reserve takes the numbers of incidents that will be opened.
func (p *placement) reserve(ctx context.Context, keys []string, moves []move) error {
	n := 0
	for _, k := range keys {
		begins := slices.ContainsFunc(moves, func(m move) bool {
			return m.key == k && m.kind == alert.Began && m.of.now.Integration != directory.ProbeIntegration
		})
		if begins && p.place(k) == nil {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	free, err := p.repos.Incidents.Reserve(ctx, n)
	p.free = free
	return err
}

// place is the incident that a correlation key leads to, where it still takes alerts: unresolved, or
// resolved so recently that it reopens.
func (p *placement) place(key string) *incident.Fold {
	f := p.folds[p.leads[key]]
	if f == nil {
		return nil
	}
	s := f.State()
	if s.Status == incident.Resolved() && p.now.Sub(s.ResolvedAt) > p.snap.RulesOf(s.Service).ReopenWindow {
		return nil
	}
	return f
}

func (p *placement) input(s *incident.State) incident.Input {
	return incident.Input{Now: p.now, Rules: p.snap.RulesOf(s.Service), Roster: p.snap}
}

func (p *placement) step(f *incident.Fold, ev incident.Event) error {
	n := f.State().Number
	if f.Steps() == 0 {
		p.folded = append(p.folded, n)
	}
	if err := f.Step(ev, p.input(f.State())); err != nil {
		return fmt.Errorf("incident %s: %w", n, err)
	}
	return nil
}

// do applies one move; the outcome is for the sender.
func (p *placement) do(ctx context.Context, m move) (Outcome, error) {
	switch m.kind {
	case alert.Began:
		return p.begin(ctx, m)
	case alert.Refreshed, alert.Superseded:
		return p.refresh(ctx, m)
	case alert.Ended:
		return Resolved, p.end(m)
	case alert.Idle:
		return Resolved, nil
	case alert.Late:
		return Late, nil
	case alert.Doubtful:
		return Doubtful, nil
	case alert.Expired:
		return Expired, nil
	}
	return "", fmt.Errorf("unknown outcome %q", m.kind)
}

// begin finds the place of an alert that begins to fire, or opens an incident for it.
func (p *placement) begin(ctx context.Context, m move) (Outcome, error) {
	f := p.place(m.key)
	outcome := Joined
	if f == nil {
		var err error
		if f, err = p.open(ctx, m); err != nil {
			return "", err
		}
		outcome = Opened
	}
	n := f.State().Number
	ev := incident.Fired{Alert: m.labels.Name, Severity: m.labels.Severity, New: m.of.now.Incident != n, Stale: m.stale, Received: m.received, Title: m.labels.Title, Silence: m.of.now.Silence, By: p.source(m.of.now.Integration)}
	if err := p.step(f, ev); err != nil {
		return "", err
	}
	m.of.now.Incident = n
	return outcome, nil
}

// number is that of an incident that is opened.
func (p *placement) number(ctx context.Context, from id.Integration) (id.Incident, error) {
	if from == directory.ProbeIntegration {
		return id.Probe, nil
	}
	if len(p.free) == 0 {
		free, err := p.repos.Incidents.Reserve(ctx, 1)
		if err != nil {
			return 0, err
		}
		p.free = free
	}
	n := p.free[0]
	p.free = p.free[1:]
	return n, nil
}

func (p *placement) open(ctx context.Context, m move) (*incident.Fold, error) {
	n, err := p.number(ctx, m.of.now.Integration)
	if err != nil {
		return nil, err
	}
	svc, _ := p.service(m.of.now.Integration, m.labels)
	f := incident.NewFold(incident.State{
		Number: n, ID: p.newID(), Service: svc.ID, ServiceName: svc.Name, Team: svc.Team, Environment: m.labels.Environment,
		Title: m.labels.Title, Runbook: m.labels.Runbook,
		Source: incident.SourceAlert{Fingerprint: m.of.now.Fingerprint, StartsAt: m.start, Labels: m.labels.Labels},
	})
	f.Point(m.key)
	p.folds[n], p.leads[m.key] = f, n
	return f, nil
}

// refresh handles an alert that fires on. Its severity may have changed; only what rises may need a new place.
func (p *placement) refresh(ctx context.Context, m move) (Outcome, error) {
	f := p.folds[m.of.now.Incident]
	if f == nil {
		return Refreshed, nil
	}
	s := f.State()
	to := m.labels.Severity
	switch {
	case to == m.was:
	case s.Quiet && !to.Quiet(), s.Status == incident.Resolved() && s.Raises(to, p.snap.RulesOf(s.Service).ReopenWindow, p.now):
		if err := p.step(f, incident.Left{Alert: m.labels.Name, Severity: m.was, Silence: m.of.now.Silence}); err != nil {
			return "", err
		}
		return p.begin(ctx, m)
	default:
		if err := p.step(f, incident.Changed{Alert: m.labels.Name, From: m.was, To: to}); err != nil {
			return "", err
		}
	}
	if m.kind == alert.Superseded {
		p.history(f, m, "superseded")
		if f.Steps() == 0 {
			p.folded = append(p.folded, s.Number) // its sequence moved on
		}
	}
	return Refreshed, nil
}

func (p *placement) end(m move) error {
	f := p.folds[m.of.now.Incident]
	if f == nil {
		return nil
	}
	p.history(f, m, "ended")
	return p.step(f, incident.Ended{Alert: m.labels.Name, Severity: m.was, Silence: m.over.Silence, By: m.by})
}

func (p *placement) history(f *incident.Fold, m move, kind string) {
	s := f.State()
	p.events = append(p.events, alert.Event{
		Incident: s.Number, OpenedAt: s.OpenedAt, Seq: f.NextSeq(), At: p.now, Kind: kind,
		Key: m.of.now.Key, Name: m.over.Name, Severity: m.over.Severity, Start: m.over.Start, BeganAt: m.over.BeganAt,
	})
}
