package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// model is what the simulator knows by itself, by the order in which things really happened: no clock that
// jumps and no code of the product decides here what is right.
type model struct {
	w *world

	mu   sync.Mutex // for what goroutines count that nobody schedules any more
	seen map[string]int

	step       int // commits so far
	states     map[id.Incident]incident.State
	opened     map[id.Incident]time.Time
	created    map[notification.PageKey]int // the commit that made a page
	deliveries map[deliveryKey]bool
	ended      map[id.Incident]int        // the commit of the last acknowledgement, resolution or new round
	answers    map[answer]incident.Status // what was committed of what people did
	bound      map[int64]id.Message
	messages   map[id.Message]*sent
	digests    map[notification.Recipient]time.Time
	sick       map[id.Incident]bool      // poisoned
	hurt       map[id.Incident]time.Time // timers were deleted, and when
	told       map[alert.Key]int64       // signals answered with 2xx
	jumped     time.Time                 // when a clock last did
	looks      int

	in, quarantined, refused int // alerts that were sent, and what their senders heard
	unheard                  int // of those refused: the program was gone before its answer left
}

// answer is what one request of somebody did with an incident.
type answer struct {
	task string
	of   id.Incident
}

type deliveryKey struct {
	page notification.PageKey
	step int
	lane notification.Lane
}

func newModel(w *world) *model {
	return &model{
		w: w, seen: map[string]int{}, states: map[id.Incident]incident.State{}, opened: map[id.Incident]time.Time{}, created: map[notification.PageKey]int{},
		deliveries: map[deliveryKey]bool{}, ended: map[id.Incident]int{}, answers: map[answer]incident.Status{}, bound: map[int64]id.Message{}, messages: map[id.Message]*sent{},
		digests: map[notification.Recipient]time.Time{}, sick: map[id.Incident]bool{}, hurt: map[id.Incident]time.Time{}, told: map[alert.Key]int64{},
	}
}

func (m *model) count(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[what]++
}

func (m *model) poisoned(n id.Incident) bool { return m.sick[n] }

// committed looks at what one transaction wrote.
func (m *model) committed(rec *record) {
	if rec == nil || len(rec.changes)+len(rec.added)+len(rec.messages) == 0 {
		return
	}
	m.step++
	m.count(rec.use)
	for i := range rec.changes {
		m.changed(rec, &rec.changes[i])
	}
	for i := range rec.added {
		m.claimed(rec, &rec.added[i])
	}
	for i := range rec.messages {
		m.saved(rec, &rec.messages[i])
	}
	m.glance()
}

// changed holds one incident's change against P4 and P8.
func (m *model) changed(rec *record, c *incident.Change) {
	s := c.State
	old := m.states[s.Number]
	m.w.say("%s %s: %s v%d %s %s round %d pass %d level %d, %d pages%s", rec.of, rec.use, s.Number, s.Version+1, s.Status, s.Severity, s.Round, s.Pass, s.Level, len(c.Pages), words(c))
	if s.Version == 0 {
		m.opened[s.Number] = m.w.now()
	}
	if old.Version != s.Version {
		m.w.broken("P1", "%s was written over: version %d on %d", s.Number, s.Version, old.Version)
	}
	for i := range c.Pages {
		p := &c.Pages[i]
		if _, ok := m.created[p.PageKey]; ok {
			m.w.broken("P4", "page %v twice", p.PageKey)
		}
		m.created[p.PageKey] = m.step
		for _, d := range p.Deliveries {
			k := deliveryKey{d.Page, d.Step, d.Lane}
			if m.deliveries[k] {
				m.w.broken("P4", "delivery %v twice", k)
			}
			m.deliveries[k] = true
		}
	}
	m.plans(&s)
	m.late(&old, &s, c)
	for _, e := range c.Entries {
		m.count("entry " + string(e.Kind))
	}
	if !s.AckedAt.Equal(old.AckedAt) || s.Status == incident.Resolved() && old.Status != incident.Resolved() || s.Round != old.Round {
		m.ended[s.Number] = m.step
	}
	if rec.use == "people" {
		m.answers[answer{rec.task, s.Number}] = s.Status
	}
	s.Version++
	m.states[s.Number] = s
}

func words(c *incident.Change) string {
	out := ""
	for _, e := range c.Entries {
		out += "; " + e.Text
	}
	return out
}

// plans holds what an incident plans against P8 and P10.
func (m *model) plans(s *incident.State) {
	switch {
	case s.Status == incident.Resolved():
		for _, t := range s.Timers {
			if t.Kind != incident.TimerGrace {
				m.w.broken("P8", "%s is resolved and has the timer %s", s.Number, t.Kind)
			}
		}
	case len(s.Timers) == 0:
		m.w.broken("P8", "%s is %s and plans nothing", s.Number, s.Status)
	case s.Status == incident.Acknowledged() && s.RoundRuns():
		m.w.broken("P10", "%s is acknowledged and its round runs", s.Number)
	case s.Status == incident.Open() && !s.Quiet && !s.RoundRuns() && !s.Pending(incident.TimerStable):
		m.w.broken("P8", "%s is open and nobody will be paged", s.Number)
	}
}

// late holds a late timer against "our downtime never skips a level". One that means nobody any more is not waited for,
// and the timeline says so.
func (m *model) late(old, s *incident.State, c *incident.Change) {
	if s.Round != old.Round || s.Walk != old.Walk || s.Level <= old.Level || old.Repaged || old.Level == 0 {
		return
	}
	said := func(kind incident.EntryKind, begins string) bool {
		return slices.ContainsFunc(c.Entries, func(e incident.Entry) bool { return e.Kind == kind && strings.HasPrefix(e.Text, begins) })
	}
	empty := said(incident.EntryGap, fmt.Sprintf("Level %d of ", old.Level))
	if said(incident.EntryLate, "") && !empty && !reached(old) {
		m.w.broken("P9", "%s: the timer was late, level %d had reached nobody, and it was skipped", s.Number, old.Level)
	}
}

// reached says whether a page of the level whose answer was awaited reached a provider, or waits by its person's hours.
func reached(s *incident.State) bool {
	empty := true
	for _, p := range s.Pages {
		if p.Pass != s.LevelPass || p.Level < s.LevelFrom || p.Level > s.Level || p.Purpose != notification.PurposePage {
			continue
		}
		empty = false
		if p.Outcome == incident.PageAccepted || p.OwnHours && p.Outcome == incident.PagePending {
			return true
		}
	}
	return empty
}

// over says whether a page of an incident was answered by a commit before this one.
func (m *model) over(k notification.PageKey) bool { return m.ended[k.Incident] > m.created[k] }

// received holds an answer to a sender against P1 and P3.
func (m *model) received(s *source, batch []alert.Signal, bad []alert.Quarantined, results []intake.Result, err error) {
	n := len(batch) + len(bad)
	m.in += n
	if err != nil {
		m.refused += n
		if errors.Is(err, errGone) {
			m.unheard += n
		}
		return
	}
	if len(results) != n {
		m.w.broken("P3", "%d of %d alerts were answered", len(results), n)
		return
	}
	for i, res := range results {
		switch {
		case res.Outcome == "":
			m.w.broken("P3", "an alert was answered with nothing")
		case i >= len(batch) != (res.Outcome == intake.Quarantined):
			m.w.broken("P3", "alert %d was answered with %s", i, res.Outcome)
		case i >= len(batch):
			m.quarantined++
		default:
			m.told[alert.Key{Integration: s.id, Fingerprint: batch[i].Fingerprint}]++
		}
	}
	m.glance()
}

// counters holds what the product counts against what the senders heard (P3).
func (m *model) counters() {
	counted, refused := 0, m.seen["alerts refused"]
	for what, n := range m.seen {
		if strings.HasPrefix(what, "alerts ") {
			counted += n
		}
	}
	if counted != m.in || refused > m.refused || m.refused-refused > m.unheard {
		m.w.broken("P3", "of %d alerts %d were refused, %d of them by a program that was gone; counted are %d, %d as refused", m.in, m.refused, m.unheard, counted, refused)
	}
}

// answered holds what people are told against what their own request committed: done, or NOT saved.
func (m *model) answered(task string, who id.User, results []respond.Result, err error) {
	f, _ := errors.AsType[*fault.Error](err)
	for _, res := range results {
		saved, ok := m.answers[answer{task, res.Number}]
		switch {
		case err == nil && res.Err == nil && res.Changed && (!ok || saved != res.Status):
			m.w.broken("P13", "%s was told that %s is %s, which is not saved", who, res.Number, res.Status)
		case f != nil && f.Code == "incident.not_saved" && ok:
			m.w.broken("P13", "%s was told that what became of %s is NOT saved, and it is", who, res.Number)
		}
	}
	if err == nil {
		m.count("answered")
	}
}

// glance looks at everything now and then: it costs more than all else.
func (m *model) glance() {
	if m.looks++; m.looks%7 == 0 {
		m.look()
	}
}

// look holds everything that is stored against what must always be.
func (m *model) look() {
	p := m.w.db.Picture()
	firing := m.alerts(p.Alerts)
	rows := map[id.Incident][]incident.Timer{}
	for _, t := range p.Timers {
		if t.Subject == "" {
			rows[t.Incident] = append(rows[t.Incident], t)
		}
	}
	for i := range p.Incidents {
		s := &p.Incidents[i]
		if n := s.FiringCount(); n != firing[s.Number] {
			m.w.broken("P2", "%s counts %d firing alerts, %d are stored", s.Number, n, firing[s.Number])
		}
		if firing[s.Number] > 0 && s.Status == incident.Resolved() && !s.Pending(incident.TimerGrace) {
			m.w.broken("P8", "%s is resolved while %d of its alerts fire, and nothing brings them back", s.Number, firing[s.Number])
		}
		delete(firing, s.Number)
		if since, ok := m.hurt[s.Number]; ok {
			m.healed(s, rows[s.Number], since)
			continue
		}
		if !same(s.Timers, rows[s.Number]) {
			m.w.broken("P8", "%s plans %v and has %v", s.Number, s.Timers, rows[s.Number])
		}
	}
	for n, k := range firing {
		m.w.broken("P1", "%d alerts fire in %s, which does not exist", k, n)
	}
	if p.Quarantine < m.quarantined {
		m.w.broken("P3", "%d were answered as quarantined, %d are", m.quarantined, p.Quarantine)
	}
}

// alerts holds what is stored of alerts against what was answered with 2xx, and counts those that fire.
func (m *model) alerts(all []alert.Alert) map[id.Incident]int {
	firing, stored := map[id.Incident]int{}, map[alert.Key]int64{}
	for _, a := range all {
		stored[a.Key] = a.Received
		if a.Firing {
			firing[a.Incident]++
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(m.told), alert.Key.Compare) {
		if stored[k] < m.told[k] {
			m.w.broken("P1", "%v was answered with 2xx %d times and stored %d times", k, m.told[k], stored[k])
		}
	}
	return firing
}

// same says whether the rows are of the timers that a state plans; due times may have been put off.
func same(plan, rows []incident.Timer) bool {
	if len(plan) != len(rows) {
		return false
	}
	for _, t := range plan {
		ok := false
		for _, r := range rows {
			ok = ok || r.Kind == t.Kind && r.Generation == t.Generation
		}
		if !ok {
			return false
		}
	}
	return true
}

// repair is how long the auditor may take: it runs every 15 s.
const repair = 40 * time.Second

// healed waits for the auditor to find what sabotage took.
func (m *model) healed(s *incident.State, rows []incident.Timer, since time.Time) {
	switch {
	case m.poisoned(s.Number): // nobody can
	case same(s.Timers, rows):
		delete(m.hurt, s.Number)
		m.count("repaired")
	case m.w.calm && m.w.now().Sub(since) > repair:
		m.w.broken("P8", "%s lost its timers %s ago and nobody repaired it", s.Number, m.w.now().Sub(since))
	}
}
