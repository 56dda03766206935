package deliver

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// oneDigestEach lets every recipient have one digest a minute, by the first of their lanes; the others wait.
func (c *claiming) oneDigestEach(ctx context.Context, plans []planned) error {
	worst := make(map[notification.Recipient]*planned)
	for i := range plans {
		p := &plans[i]
		if !p.Digest {
			continue
		}
		if c.wait {
			p.Send, p.LanePlan.State, p.NextAt = nil, p.LaneQueue.State, c.now.Add(time.Second)
			continue
		}
		who := p.Send[0].Page.Recipient
		if old := worst[who]; old == nil {
			worst[who] = p
		} else if goesBefore(p.Send[0], old.Send[0]) {
			c.postpone(old, c.now)
			worst[who] = p
		} else {
			c.postpone(p, c.now)
		}
	}
	if len(worst) == 0 {
		return nil
	}
	to := make([]notification.Recipient, 0, len(worst))
	for who := range worst {
		to = append(to, who)
	}
	slices.SortFunc(to, func(a, b notification.Recipient) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	had, err := c.r.Lanes.CatchUp(ctx, to, c.now, c.now.Add(-catchUpGap))
	for who, last := range had {
		c.postpone(worst[who], last)
	}
	return err
}

// goesBefore: the worse first; of two alike, the one by the way that the person wants first.
func goesBefore(a, b notification.Delivery) bool {
	if a.Severity != b.Severity {
		return a.Severity.Above(b.Severity)
	}
	return a.Step < b.Step
}

// postpone puts a lane's digest off until a minute after the recipient's last one.
func (c *claiming) postpone(p *planned, last time.Time) {
	p.Send, p.LanePlan.State, p.NextAt = nil, p.LaneQueue.State, last.Add(catchUpGap)
}
