package deliver

import (
	"context"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// hadBefore finds what was posted in lanes where each incident has a post of its own.
func (c *claiming) hadBefore(ctx context.Context, queues []ports.LaneQueue) (err error) {
	var lanes []notification.Lane
	var incidents []id.Incident
	for _, q := range queues {
		if !c.single(q) {
			continue
		}
		lanes = append(lanes, q.Lane)
		for _, d := range q.Due {
			incidents = append(incidents, d.Page.Incident)
		}
	}
	if len(lanes) == 0 {
		return nil
	}
	slices.Sort(incidents)
	c.posts, err = c.r.Messages.Posts(ctx, lanes, slices.Compact(incidents))
	return err
}

func (c *claiming) single(q ports.LaneQueue) bool {
	return len(q.Due) > 0 && c.w.cfg.rulesOf(q).Single
}

// withoutOnTheWay leaves out what is of an incident whose last message is not yet taken: there would be two posts of
// it. behind says whether something was.
func (c *claiming) withoutOnTheWay(q ports.LaneQueue) (_ ports.LaneQueue, behind bool) {
	all := len(q.Due)
	q.Due = slices.DeleteFunc(q.Due, func(w ports.Waiting) bool {
		return c.posts[ports.PostKey{Lane: q.Lane, Incident: w.Page.Incident}].OnItsWay
	})
	return q, len(q.Due) < all
}

func (c *Config) laneRules(kind string) notification.LaneRules {
	if r, ok := c.Rules[kind]; ok {
		return r
	}
	return notification.NewLaneRules(0, 1)
}

// rulesOf are a lane's. Only a channel has a post of its own for each incident: a person's messages are gathered.
func (c *Config) rulesOf(q ports.LaneQueue) notification.LaneRules {
	kind := ""
	if len(q.Due) > 0 {
		kind = q.Due[0].Kind
	}
	r := c.laneRules(kind)
	if r.Single && strings.HasPrefix(string(q.Lane), "contact:") {
		return notification.NewLaneRules(r.Floor, r.Burst)
	}
	return r
}
