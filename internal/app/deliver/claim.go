package deliver

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	maxFaults   = 5                      // failures of our own before something is given up
	heldFor     = 200 * time.Millisecond // a lane that is being gathered is not looked at again before
	longQueue   = 100                    // due deliveries of one lane: then it is left alone for a second
	unfinished  = 5 * time.Second        // look again: what was found expired may not have been recorded
	catchUpGap  = time.Minute            // between two digests to one recipient
	catchUpWait = 3 * time.Second        // for the engine, before the first digest
	receiptWait = time.Minute            // for a receipt, where the provider gives them
)

// ClaimRepos is what a claim works on, in one transaction.
type ClaimRepos struct {
	Lanes     ports.Lanes
	Messages  ports.Messages
	Facts     ports.IncidentFacts
	Directory ports.Directory
	Paging    ports.Paging

	Deliveries ports.Deliveries // read where a quota is used up
}

// attempt is a claimed message: its intent is committed, its lease runs.
type attempt struct {
	ports.Bound
	zone  *time.Location
	own   directory.Channel // the channel that it goes to, if any
	ready time.Time         // of a first attempt: when it could have gone; else zero
}

// claims is what one claim brought.
type claims struct {
	attempts []attempt
	results  []result // what needs no send: expired, impossible, without a receipt
	used     used     // of the quota, with these
	over     []string // kinds of deliveries that it kept back
	people   *directory.Snapshot
	more     bool // a kind gave as much as was asked for: there may be more
}

// claim takes what is due and commits the intent of an attempt for each message. free says how many of each kind
// can be sent at once: what would have to wait for its turn while its lease runs is left to others. While paging
// is held there is nothing to take.
func (w *Worker) claim(ctx context.Context, free map[string]int, wait bool, before used) (claims, error) {
	var out claims
	err := w.cfg.Claims(ctx, func(ctx context.Context, r ClaimRepos) error {
		out = claims{used: before.clone()}
		c := claiming{w: w, r: r, now: w.cfg.Clock.Now(), wait: wait, out: &out}
		paging, err := r.Paging.State(ctx)
		if err != nil || paging.Held {
			return err
		}
		if c.people, err = r.Directory.Current(ctx); err != nil {
			return err
		}
		out.people = c.people
		var queues []ports.LaneQueue
		for _, kind := range slices.Sorted(maps.Keys(free)) {
			mine, err := c.kind(ctx, kind, free[kind])
			if err != nil {
				return err
			}
			queues = append(queues, mine...)
		}
		slices.SortStableFunc(queues, func(a, b ports.LaneQueue) int { return firstDue(a).Compare(firstDue(b)) })
		return c.lanes(ctx, queues)
	})
	if err != nil {
		return claims{}, err
	}
	return out, nil
}

// firstDue orders the lanes of all kinds as they come: a person's earlier step before a later one.
func firstDue(q ports.LaneQueue) time.Time {
	var first time.Time
	for _, d := range q.Due {
		if first.IsZero() || d.DueAt.Before(first) {
			first = d.DueAt
		}
	}
	return first
}

// kind claims up to so many messages and lanes of one kind.
func (c *claiming) kind(ctx context.Context, kind string, free int) ([]ports.LaneQueue, error) {
	n, err := c.again(ctx, kind, free)
	if err != nil {
		return nil, err
	}
	var queues []ports.LaneQueue
	if n < free {
		rules := c.w.cfg.laneRules(kind)
		queues, err = c.r.Lanes.Claim(ctx, []string{kind}, c.now, free-n, func(s notification.LaneState, worst alert.Severity, expires time.Time) time.Time {
			return s.Rests(worst, expires, rules, c.now)
		})
	}
	c.out.more = c.out.more || n+len(queues) == free
	return queues, err
}

// claiming is one claim's transaction.
type claiming struct {
	w      *Worker
	r      ClaimRepos
	now    time.Time
	wait   bool // digests wait for the engine
	people *directory.Snapshot
	facts  map[id.Incident]incident.State
	posts  map[ports.PostKey]ports.Post
	out    *claims
}

// again claims messages whose retry is due, whose lease ran out, or whose receipt never came.
func (c *claiming) again(ctx context.Context, kind string, limit int) (int, error) {
	found, err := c.r.Messages.Claim(ctx, []string{kind}, c.now, limit)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	save := make([]notification.Message, 0, len(found))
	for _, b := range found {
		if b.Status == notification.MessageAccepted {
			c.out.results = append(c.out.results, result{Bound: b, outcome: noReceipt, at: c.now, detail: "no receipt within a minute"})
			b.NextAt = c.now.Add(lease) // whoever records it makes an end of this
			save = append(save, b.Message)
			continue
		}
		if b.Status == notification.MessageSending {
			b.MayRepeat = true // whoever held the lease may have sent it
		}
		b.Attempt++
		c.lease(&b.Message)
		save = append(save, b.Message)
		c.out.attempts = append(c.out.attempts, attempt{Bound: b, zone: c.zone(b.Recipient), own: c.channel(b.Recipient)})
	}
	return len(found), c.r.Messages.Save(ctx, save)
}

func (c *claiming) lease(m *notification.Message) {
	m.Status, m.Token = notification.MessageSending, c.w.cfg.NewToken()
	m.LeaseUntil, m.NextAt = c.now.Add(lease), time.Time{}
}

// planned is a lane with its plan.
type planned struct {
	ports.LaneQueue
	notification.LanePlan
	refused bool // it cannot be sent at all, which is yet to be recorded
	behind  bool // something waits for an earlier message of its incident
}

// lanes composes the messages of claimed lanes.
func (c *claiming) lanes(ctx context.Context, queues []ports.LaneQueue) (err error) {
	if len(queues) == 0 {
		return nil
	}
	if err := c.hadBefore(ctx, queues); err != nil {
		return err
	}
	busy, err := c.busy(ctx, queues)
	if err != nil {
		return err
	}
	plans := make([]planned, len(queues))
	for i, q := range queues {
		q.State = q.State.NoLater(c.now)
		if busy[q.Lane] {
			plans[i] = planned{LaneQueue: q, LanePlan: q.State.Busy(c.now)}
			continue
		}
		q, behind := c.withoutOnTheWay(q)
		plans[i] = planned{LaneQueue: q, LanePlan: c.plan(q), behind: behind}
	}
	if err := c.oneDigestEach(ctx, plans); err != nil {
		return err
	}
	if c.facts, err = c.r.Facts.States(ctx, incidentsOf(plans)); err != nil {
		return err
	}
	updates := make([]ports.LaneUpdate, len(plans))
	var messages []ports.Bound
	for i := range plans {
		c.withoutUnreadable(&plans[i])
		if err := c.withinQuota(ctx, &plans[i]); err != nil {
			return err
		}
		if a, ok := c.compose(&plans[i]); ok {
			c.out.attempts = append(c.out.attempts, a)
			messages = append(messages, a.Bound)
		}
		c.expire(plans[i].Expire)
		updates[i] = c.update(&plans[i])
	}
	if err := c.r.Messages.Add(ctx, messages); err != nil {
		return err
	}
	return c.r.Lanes.Save(ctx, updates)
}

// busy says which of the lines are: a phone that rings, or at which somebody listens, takes no other call.
func (c *claiming) busy(ctx context.Context, queues []ports.LaneQueue) (map[notification.Lane]bool, error) {
	var lanes []notification.Lane
	var line time.Duration
	for _, q := range queues {
		if r := c.w.cfg.rulesOf(q); len(q.Due) > 0 && r.Line > 0 {
			lanes, line = append(lanes, q.Lane), max(line, r.Line)
		}
	}
	if len(lanes) == 0 {
		return nil, nil
	}
	return c.r.Lanes.Busy(ctx, lanes, c.now.Add(-line))
}

// plan leaves a lane that rests as it is; its old deliveries expire when it is over.
func (c *claiming) plan(q ports.LaneQueue) notification.LanePlan {
	if q.Rests.IsZero() {
		return q.State.Plan(deliveries(q.Due), q.Later, c.w.cfg.rulesOf(q), c.now)
	}
	p := notification.LanePlan{State: q.State, NextAt: q.Rests}
	if !q.Later.IsZero() && q.Later.Before(q.Rests) {
		p.NextAt = q.Later
	}
	return p
}

func (c *claiming) update(p *planned) ports.LaneUpdate {
	u := ports.LaneUpdate{Lane: p.Lane, State: p.LanePlan.State, NextAt: p.NextAt}
	again := func(d time.Duration) {
		if t := c.now.Add(d); u.NextAt.IsZero() || t.Before(u.NextAt) {
			u.NextAt = t
		}
	}
	if len(p.Send) == 0 && (len(p.Due) > len(p.Expire) || !p.Rests.IsZero()) {
		u.NotBefore = c.now.Add(held(len(p.Due)))
	}
	if len(p.Expire) > 0 || p.refused {
		again(unfinished)
	}
	if p.behind {
		again(time.Second)
	}
	if len(p.Due) == ports.MaxDue {
		again(held(len(p.Due)))
	}
	return u
}

// held is how long a lane that is being gathered is left alone: looking again costs a read of all that waits, so
// a queue that is long already is looked at once a second only.
func held(due int) time.Duration {
	if due >= longQueue {
		return time.Second
	}
	return heldFor
}

func (c *claiming) expire(ds []notification.Delivery) {
	for _, d := range ds {
		c.out.results = append(c.out.results, unsent(d, notification.Expired, "too old to be sent", c.now))
	}
}

func (c *claiming) zone(r notification.Recipient) *time.Location {
	if z := c.people.Reach(r).Zone; z != nil {
		return z
	}
	return time.UTC
}

func deliveries(ws []ports.Waiting) []notification.Delivery {
	out := make([]notification.Delivery, len(ws))
	for i, w := range ws {
		out[i] = w.Delivery
	}
	return out
}

func incidentsOf(plans []planned) []id.Incident {
	var out []id.Incident
	for _, p := range plans {
		for _, d := range p.Send {
			out = append(out, d.Page.Incident)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// withoutUnreadable refuses the deliveries of incidents that cannot be read: the message goes with the others.
func (c *claiming) withoutUnreadable(p *planned) {
	unreadable := func(d notification.Delivery) bool {
		_, ok := c.facts[d.Page.Incident]
		if !ok {
			c.w.cfg.Log.Error("a page cannot be sent: its incident cannot be read", "incident", d.Page.Incident, "lane", p.Lane)
			c.w.cfg.Metrics.Poisoned(d.Kind)
			c.out.results = append(c.out.results, unsent(d, notification.Failed, "its incident cannot be read", c.now))
		}
		return !ok
	}
	readable := slices.DeleteFunc(slices.Clone(p.Send), unreadable)
	p.refused = p.refused || len(readable) < len(p.Send)
	if p.Send = readable; p.refused && len(readable) == 0 {
		p.LanePlan.State = p.LaneQueue.State
	}
}

// compose makes a lane's message. What cannot be sent at all is reported; what fails by a fault of our own
// is tried again, five times, while the other lanes flow.
func (c *claiming) compose(p *planned) (a attempt, ok bool) {
	if len(p.Send) == 0 {
		return attempt{}, false
	}
	defer func() {
		if v := recover(); v != nil {
			c.fault(p, fmt.Errorf("composing panicked: %v", v))
			a, ok = attempt{}, false
		}
	}()
	a, err := c.message(p)
	if err != nil {
		c.fault(p, err)
		return attempt{}, false
	}
	if a.To == "" {
		c.refuse(p, "the contact is gone")
		return attempt{}, false
	}
	return a, true
}

func (c *claiming) fault(p *planned, err error) {
	n := p.LaneQueue.State.Faults + 1
	c.w.cfg.Log.Error("composing a message", "lane", p.Lane, "failures", n, "error", err)
	if n < maxFaults {
		p.LanePlan.State = p.LaneQueue.State
		p.LanePlan.State.Faults = n
		p.NextAt = c.now.Add(notification.Backoff(n, c.w.cfg.Jitter(), 0))
		return
	}
	c.w.cfg.Metrics.Poisoned(p.Send[0].Kind)
	c.refuse(p, "it could not be composed: a fault of our own")
}

func (c *claiming) refuse(p *planned, why string) {
	p.refused, p.LanePlan.State = true, p.LaneQueue.State
	p.LanePlan.State.Faults = 0
	for _, d := range p.Send {
		c.out.results = append(c.out.results, unsent(d, notification.Failed, why, c.now))
	}
}
