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
	"github.com/rouse-oncall/rouse/internal/ports"
)

// model is what the simulator knows by itself, by the order in which things really happened: no clock that
// jumps and no code of the product decides here what is right.
type model struct {
	w *world

	mu   sync.Mutex // for what goroutines count that nobody schedules any more
	seen map[string]int

	step       int // commits so far
	states     map[id.Incident]incident.State
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

// sent is what the model knows of a message.
type sent struct {
	notification.Message
	deliveries []notification.Delivery
	holder     *replica
	checked    map[look][]check // two attempts of one replica may have found the same
	asked      map[string]bool  // by token: the provider said that it has it
	accepts    []accept
}

// accept is one time that a provider took a message.
type accept struct {
	token string
	by    *replica
	step  int  // commits so far
	said  bool // the replica heard of it
	lost  bool // the replica could not record that before its lease ended
}

// look names a replica's last look by the token that it found: another one's ends the attempt.
type look struct {
	by    *replica
	token string
}

// check is a replica's last look before a call.
type check struct {
	step int
	now  time.Time // by its clock
	over map[id.Incident]bool
}

func newModel(w *world) *model {
	return &model{
		w: w, seen: map[string]int{}, states: map[id.Incident]incident.State{}, created: map[notification.PageKey]int{},
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

// late holds a late timer against "our downtime never skips a level".
func (m *model) late(old, s *incident.State, c *incident.Change) {
	if s.Round != old.Round || s.Walk != old.Walk || s.Level <= old.Level || old.Repaged || old.Level == 0 {
		return
	}
	for _, e := range c.Entries {
		if e.Kind == incident.EntryLate && !reached(old) {
			m.w.broken("P9", "%s: the timer was late, level %d had reached nobody, and it was skipped", s.Number, old.Level)
		}
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

// claimed holds a new message against P4, P9 and P10.
func (m *model) claimed(rec *record, b *ports.Bound) {
	now := rec.of.Now()
	m.w.say("%s claims %s for %s by %s: %d deliveries, digest %v", rec.of, b.ID, b.Recipient.ID, b.Kind, len(b.Deliveries), b.Digest)
	for _, d := range b.Deliveries {
		if other, ok := m.bound[d.ID]; ok {
			m.w.broken("P4", "delivery %d is in %s and in %s", d.ID, other, b.ID)
		}
		m.bound[d.ID] = b.ID
		if d.Purpose == notification.PurposePage && m.over(d.Page) {
			m.w.broken("P10", "%s claims the page %v after it was answered", b.ID, d.Page)
		}
		if !d.ExpiresAt.IsZero() && !now.Before(d.ExpiresAt) {
			m.w.broken("P9", "%s claims delivery %d, which expired at %s", b.ID, d.ID, d.ExpiresAt)
		}
	}
	if b.Digest {
		m.count("digest")
		if last, ok := m.digests[b.Recipient]; ok && m.w.now().Sub(last) < 59*time.Second && m.jumped.Before(last) {
			m.w.broken("P9", "%s gets a second digest after %s", b.Recipient.ID, m.w.now().Sub(last))
		}
		m.digests[b.Recipient] = m.w.now()
	}
	m.messages[b.ID] = &sent{Message: b.Message, deliveries: b.Deliveries, holder: rec.of, checked: map[look][]check{}, asked: map[string]bool{}}
}

// saved holds a message's change against P4: a lease that runs is nobody else's, and what a provider said is not taken back.
func (m *model) saved(rec *record, msg *notification.Message) {
	s := m.messages[msg.ID]
	was := s.Message
	m.w.say("%s %s: message %s is %s, attempt %d %q", rec.of, rec.use, msg.ID, msg.Status, msg.Attempt, msg.Detail)
	switch {
	case rec.use == "claim" && was.Status == notification.MessageSending && rec.of.Now().Before(was.LeaseUntil):
		m.w.broken("P4", "%s was claimed although its lease runs until %s", msg.ID, was.LeaseUntil)
	case was.Status == notification.MessageDelivered && msg.Status != was.Status,
		was.Status.Final() && !msg.Status.Final():
		m.w.broken("P4", "%s went from %s to %s", msg.ID, was.Status, msg.Status)
	case rec.use == "record" && !rec.report() && was.Status == notification.MessageSending && msg.Status != was.Status && s.holder != rec.of:
		m.w.broken("P4", "%s was recorded by %s; its lease is %s's", msg.ID, rec.of, s.holder)
	}
	if rec.use == "claim" && msg.Token != was.Token {
		m.passes(s)
		s.holder = rec.of
		m.count("claimed again")
	}
	s.Message = *msg
}

// passes notes, when a lease goes to another, whether its holder could not record that the provider took the message.
func (m *model) passes(s *sent) {
	const grace = 5 * time.Second // for who is well again
	now := m.w.now()
	for i := range s.accepts {
		if a := &s.accepts[i]; a.token == s.Token && s.Status == notification.MessageSending {
			a.lost = a.by.gone() || now.Sub(a.by.trouble) < grace || now.Sub(a.by.pausedUntil) < grace || now.Sub(m.jumped) < time.Minute
		}
	}
}

// rechecked remembers a replica's last look before it calls a provider.
func (m *model) rechecked(r *replica, n id.Message) {
	s := m.messages[n]
	if s == nil {
		return // claimed by a commit that never was
	}
	c := check{step: m.step, now: r.Now(), over: map[id.Incident]bool{}}
	for _, d := range s.deliveries {
		over := m.over(d.Page) || m.states[d.Page.Incident].Status == incident.Resolved()
		expired := !d.ExpiresAt.IsZero() && !c.now.Before(d.ExpiresAt)
		// What is left out of one delivery may be in by another one.
		if was, ok := c.over[d.Page.Incident]; !ok || was {
			c.over[d.Page.Incident] = expired || over && d.Purpose == notification.PurposePage
		}
	}
	s.checked[look{r, s.Token}] = append(s.checked[look{r, s.Token}], c)
}

// called holds a call of a provider against P4, P9 and P10.
func (m *model) called(r *replica, out ports.Outgoing) {
	s := m.messages[out.ID]
	m.count("call")
	if s == nil {
		m.w.broken("P4", "%s is sent and was never claimed", out.ID)
		return
	}
	wrong := []string{"P4", fmt.Sprintf("%s sends %s although its lease had passed to another when it looked", r, out.ID)}
	for _, c := range s.checked[look{r, out.Token}] {
		if wrong = c.allows(r, out); wrong == nil {
			break
		}
	}
	if wrong != nil {
		m.w.broken(wrong[0], "%s", wrong[1])
	}
	if s.asked[out.Token] {
		m.w.broken("P6", "%s sends %s although the provider said that it has it", r, out.ID)
	}
}

// allows says what of a last look forbids the call; nil: nothing.
func (c check) allows(r *replica, out ports.Outgoing) []string {
	if !c.now.Add(patience).Before(out.LeaseUntil) {
		return []string{"P4", fmt.Sprintf("%s sends %s although its lease was running out when it looked", r, out.ID)}
	}
	for _, i := range out.Items {
		if c.over[i.Incident] {
			return []string{"P10", fmt.Sprintf("%s sends %s about %s, which was answered or expired when it looked", r, out.ID, i.Incident)}
		}
	}
	return nil
}

// asked notes what a provider answers when it is asked for a message.
func (m *model) asked(out ports.Outgoing, has bool) {
	if s := m.messages[out.ID]; s != nil && has {
		s.asked[out.Token] = true
	}
}

// accepted holds what a provider takes against P5 and P6: twice only after an outcome that nobody could know, and labelled.
func (m *model) accepted(r *replica, out ports.Outgoing) {
	s := m.messages[out.ID]
	m.w.say("%s: %s takes %s/%d for %s (may repeat: %v)", r, out.Kind, out.ID, out.Attempt, out.Recipient.ID, out.MayRepeat)
	m.count("accepted")
	if s == nil {
		return
	}
	for _, a := range s.accepts {
		m.count("accepted twice")
		// Whoever woke up after its last look could not know.
		knew := slices.ContainsFunc(s.checked[look{r, out.Token}], func(c check) bool { return a.step < c.step })
		switch {
		case !knew:
		case a.said && !a.lost:
			m.w.broken("P5", "%s sends %s again although %s knew that it was taken", r, out.ID, a.by)
		case !out.MayRepeat:
			m.w.broken("P6", "%s sends %s again without saying so", r, out.ID)
		}
	}
	s.accepts = append(s.accepts, accept{token: out.Token, by: r, step: m.step, lost: out.Token != s.Token})
}

// said notes that a replica hears that the provider took its message.
func (m *model) said(out ports.Outgoing) {
	if s := m.messages[out.ID]; s != nil {
		for i := range s.accepts {
			s.accepts[i].said = s.accepts[i].said || s.accepts[i].token == out.Token
		}
	}
}

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
