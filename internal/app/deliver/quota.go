package deliver

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// used is how much of the quota is used on a day.
type used struct {
	day    time.Time // its start
	all    int
	people map[notification.Recipient]int // nil: nothing is counted
}

func (u used) clone() used {
	u.people = maps.Clone(u.people)
	return u
}

// usedToday counts what cost money on this day. Without a quota nobody asks.
func (w *Worker) usedToday(ctx context.Context, now time.Time) (used, error) {
	if !w.cfg.Quota.On() {
		return used{}, nil
	}
	from, until := notification.Day(now)
	sums, err := w.cfg.Usage.Used(ctx, w.cfg.Paid, from, until)
	u := used{day: from, people: make(map[notification.Recipient]int)}
	for _, s := range sums {
		u.all += s.Messages
		u.people[s.Recipient] += s.Messages
	}
	return u, err
}

// withinQuota refuses what would go over the quota: the person's next step is due instead. What is urgent is refused only
// beyond the stretched quota, and there only where another way of the page costs nothing.
func (c *claiming) withinQuota(ctx context.Context, p *planned) error {
	u := &c.out.used
	if len(p.Send) == 0 || u.people == nil || !slices.Contains(c.w.cfg.Paid, p.Send[0].Kind) {
		return nil
	}
	who := p.Send[0].Page.Recipient
	var kept []notification.Delivery
	for _, d := range p.Send {
		why := c.w.cfg.Quota.Over(u.people[who], u.all, d.Urgent())
		if why != "" && d.Urgent() {
			free, err := c.freeWay(ctx, d)
			if err != nil {
				return err
			}
			if !free {
				why = ""
			}
		}
		if why == "" {
			kept = append(kept, d)
			continue
		}
		c.out.results = append(c.out.results, unsent(d, notification.Failed, why, c.now))
		c.out.over = append(c.out.over, d.Kind)
	}
	p.refused = p.refused || len(kept) < len(p.Send)
	if p.Send = kept; len(kept) == 0 {
		p.LanePlan.State = p.LaneQueue.State
		return nil
	}
	u.all++
	u.people[who]++
	return nil
}

// freeWay says whether the page of a delivery reaches its person without money, too: by a step that was taken or will be.
func (c *claiming) freeWay(ctx context.Context, d notification.Delivery) (bool, error) {
	all, err := c.r.Deliveries.OfPages(ctx, []notification.PageKey{d.Page})
	return slices.ContainsFunc(all, func(o notification.Delivery) bool {
		return !slices.Contains(c.w.cfg.Paid, o.Kind) && !o.OwnHours && (o.Status.Live() || o.Status.Reached())
	}), err
}

// told is what was said of the quota on a day.
type told struct {
	day   time.Time
	stage map[notification.Recipient]int // the highest, of whom; the zero value: of everybody
}

// news says whether somebody's stage is higher than what was said on this day.
func (t *told) news(day time.Time, who notification.Recipient, stage int) bool {
	if !t.day.Equal(day) {
		t.day, t.stage = day, map[notification.Recipient]int{}
	}
	if stage <= t.stage[who] {
		return false
	}
	t.stage[who] = stage
	return true
}

// sayUsed counts what was kept back, and logs that a quota is nearly used up, used up, or stretched as far as it goes: once a
// day each.
func (w *Worker) sayUsed(c claims) {
	u := c.used
	if u.people == nil || c.people == nil {
		return
	}
	for _, kind := range c.over {
		w.cfg.OverQuota(kind)
	}
	q := w.cfg.Quota
	say := func(who notification.Recipient, name string, n, limit int) {
		if stage, words := notification.Used(n, limit); w.told.news(u.day, who, stage) {
			w.cfg.Log.Warn("a quota of what costs money: "+words, "whose", name)
		}
	}
	say(notification.Recipient{}, "everybody", u.all, q.Server)
	for who, n := range u.people {
		say(who, c.people.Name(who), n, q.Person)
	}
}
