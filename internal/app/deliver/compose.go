package deliver

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// message composes what a plan sends: an item for each incident, worst first. To is empty where the contact is gone.
func (c *claiming) message(p *planned) (attempt, error) {
	first := p.Send[0]
	m := notification.Message{
		ID: c.w.cfg.NewID(), Lane: p.Lane, Kind: first.Kind, Recipient: first.Page.Recipient, Purpose: first.Purpose,
		To: c.address(p.Lane, first.Kind), Digest: p.Digest, Attempt: 1, CreatedAt: c.now,
	}
	if m.To == "" {
		return attempt{Bound: ports.Bound{Message: m}}, nil
	}
	c.lease(&m)
	reasons := make(map[int64]notification.Happened, len(p.Due))
	for _, w := range p.Due {
		reasons[w.ID] = notification.Happened{Event: w.Event, Text: w.Reason, At: w.CreatedAt}
	}
	seen := make(map[id.Incident]int)
	for _, d := range p.Send {
		if d.ExpiresAt.After(m.ExpiresAt) {
			m.ExpiresAt = d.ExpiresAt
		}
		if i, ok := seen[d.Page.Incident]; ok {
			if m.Purpose == notification.PurposeUpdate {
				m.Items[i].Text = reasons[d.ID].Text // the newest word
				m.Items[i].Events = append(m.Items[i].Events, reasons[d.ID])
			}
			continue
		}
		s, ok := c.facts[d.Page.Incident]
		if !ok {
			return attempt{}, fmt.Errorf("there is no incident %s", d.Page.Incident)
		}
		seen[d.Page.Incident] = len(m.Items)
		it := c.item(s, m.Purpose, reasons[d.ID])
		if c.single(p.LaneQueue) && s.Status == incident.Open() {
			it.Next, it.NextAt = c.next(s) // a post shows all that is true
		}
		it.Post = c.posts[ports.PostKey{Lane: p.Lane, Incident: s.Number}].ProviderID
		m.Items = append(m.Items, it)
	}
	return attempt{Bound: ports.Bound{Message: m, Deliveries: bound(p.Send, m.ID)}, zone: c.zone(m.Recipient), own: c.channel(m.Recipient), ready: p.Ready}, nil
}

// bound gives the deliveries as they are once they belong to a message.
func bound(ds []notification.Delivery, m id.Message) []notification.Delivery {
	out := slices.Clone(ds)
	for i := range out {
		out[i].Status, out[i].Message = notification.Sending, m
	}
	return out
}

// address is where a lane leads now; "" where it leads nowhere any more.
func (c *claiming) address(l notification.Lane, kind string) string {
	if ch, ok := strings.CutPrefix(string(l), "channel:"); ok {
		if v, ok := c.people.Channel(id.Channel(ch)); ok && v.Kind == kind {
			return v.To
		}
		return ""
	}
	contact, user, ok := c.people.ContactOf(id.Contact(strings.TrimPrefix(string(l), "contact:")))
	if !ok || user.Disabled || !contact.Verified || contact.Stopped || contact.Kind != kind {
		return ""
	}
	return contact.To
}

// channel is the channel that a message goes to; zero for a person.
func (c *claiming) channel(r notification.Recipient) directory.Channel {
	if r.Kind == notification.ToChannel {
		if ch, ok := c.people.Channel(id.Channel(r.ID)); ok {
			return *ch
		}
	}
	return directory.Channel{}
}

// item says what is known of an incident at this moment.
func (c *claiming) item(s incident.State, purpose notification.Purpose, why notification.Happened) notification.Item {
	it := notification.Item{
		Incident: s.Number, ID: s.ID, Severity: s.Severity, First: s.First, Status: s.Status.String(), Service: s.ServiceName,
		Environment: s.Environment, Title: s.Title, Alerts: max(s.Alerts, 1), Since: s.OpenedAt, Runbook: s.Runbook,
	}
	if s.Status == incident.Acknowledged() {
		it.Owner, it.OwnedAt, it.Until = s.Assignee.Name, s.AckedAt, s.SnoozedUntil
	}
	if s.Status == incident.Open() {
		it.Level, it.Paged = s.Level, c.names(s.Paged)
	}
	if purpose == notification.PurposeUpdate {
		it.Text, it.Events = why.Text, []notification.Happened{why}
	} else {
		it.Why = why.Text
		it.Next, it.NextAt = c.next(s)
	}
	for name, value := range s.Source.Labels {
		it.Labels = append(it.Labels, notification.Label{Name: name, Value: value})
	}
	slices.SortFunc(it.Labels, func(a, b notification.Label) int { return strings.Compare(a.Name, b.Name) })
	return it
}

// next is who is paged if nobody answers, and when; "" where nothing is planned.
func (c *claiming) next(s incident.State) (string, time.Time) {
	i := slices.IndexFunc(s.Timers, func(t incident.Timer) bool { return t.Kind == incident.TimerEscalate })
	policy, ok := c.people.Policy(s.Policy)
	if i < 0 || !ok || len(policy.Levels) == 0 {
		return "", time.Time{}
	}
	targets := c.people.Fallback()
	switch {
	case s.Level < len(policy.Levels):
		targets = policy.Levels[s.Level].Targets
	case s.Walk <= policy.Repeat:
		targets = policy.Levels[0].Targets
	}
	var to []notification.Recipient
	for _, t := range targets {
		to = append(to, c.people.Resolve(t, c.now)...)
	}
	names := c.names(to)
	if names == "" {
		return "", time.Time{}
	}
	return names, s.Timers[i].DueAt
}

// names are those of recipients, each once: "Ana, Ben, 2 more".
func (c *claiming) names(to []notification.Recipient) string {
	var names []string
	for _, r := range to {
		if n := c.people.Name(r); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if len(names) > 2 {
		names = append(names[:2], fmt.Sprintf("%d more", len(names)-2))
	}
	return strings.Join(names, ", ")
}
