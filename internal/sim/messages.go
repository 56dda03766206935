package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

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
