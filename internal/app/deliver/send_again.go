package deliver

import (
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// AgainRepos is what sending again works on, in one transaction.
type AgainRepos struct {
	RecordRepos
	Paging ports.Paging
}

// SendAgain lets people send a message again that reached nobody, or of which nobody knows whether it did. It stays the
// same message with the same deliveries, whose attempts go on: receivers that know it by its id take it once.
type SendAgain struct {
	Worker     *Worker
	Messages   ports.MessageReader
	Atomically ports.Atomically[AgainRepos]
}

const (
	// EntrySentAgain is the timeline's word for it.
	EntrySentAgain incident.EntryKind = "sent_again"

	againFor = 10 * time.Minute // is how long what is sent again is worth trying: somebody looks
)

// Do gives the message as it is then. attempt is the one that whoever asks has seen fail, 0 where they do not say: about
// an earlier one than the last, or while it is on its way, nothing changes.
func (u SendAgain) Do(ctx context.Context, by directory.Principal, mid id.Message, attempt int) (m notification.Message, changed bool, err error) {
	if err := by.Require(directory.Responder); err != nil {
		return m, false, err
	}
	seen, err := u.Messages.Message(ctx, mid)
	if err != nil {
		return m, false, err
	}
	var changes []incident.Change
	err = u.Atomically(ctx, func(ctx context.Context, r AgainRepos) error {
		a := again{claiming: claiming{w: u.Worker, now: u.Worker.cfg.Clock.Now()}, r: r, by: by.Actor}
		if err := a.load(ctx, seen); err != nil {
			return err
		}
		m, changed = a.m.Message, a.m.Status.Final() && (attempt == 0 || attempt == a.m.Attempt)
		if !changed {
			return nil
		}
		if err := a.renew(ctx); err != nil {
			return err
		}
		m = a.m.Message
		changes, err = a.save(ctx)
		return err
	})
	if err != nil || !changed {
		return m, false, err
	}
	u.Worker.cfg.Committed(changes)
	u.Worker.Wake()
	return m, true, nil
}

// again is one transaction.
type again struct {
	claiming
	r    AgainRepos
	by   incident.Actor
	m    ports.Bound
	left []notification.Delivery // of it that are still wanted
}

// load locks incidents, then the message.
func (a *again) load(ctx context.Context, seen ports.Bound) (err error) {
	if a.people, err = a.r.Directory.Current(ctx); err != nil {
		return err
	}
	numbers := incidentsIn(seen.Deliveries)
	if a.facts, err = a.r.Incidents.Lock(ctx, numbers); err != nil {
		return err
	}
	found, err := a.r.Messages.Lock(ctx, []id.Message{seen.ID})
	if err != nil {
		return err
	}
	var ok bool
	if a.m, ok = found[seen.ID]; !ok {
		return fault.NotFound("message", string(seen.ID))
	}
	if !a.w.cfg.laneRules(a.m.Kind).Single {
		return nil
	}
	a.posts, err = a.r.Messages.Posts(ctx, []notification.Lane{a.m.Lane}, numbers)
	return err
}

// renew makes of the message what it would be if it were composed now, or says why it is not sent again.
func (a *again) renew(ctx context.Context) error {
	m := &a.m
	unknown := m.Status == notification.MessageAccepted && m.Silent()
	switch {
	case m.Purpose == notification.PurposeTest:
		return fault.Conflict("message.test", "a test is not sent again: send another one")
	case m.Status == notification.MessageDelivered, m.Status == notification.MessageAccepted && !unknown:
		return fault.Conflict("message.taken", "the provider took it already")
	}
	paging, err := a.r.Paging.State(ctx)
	if err != nil {
		return err
	}
	if paging.Held {
		return fault.Conflict("paging.held", "paging is held: nothing is sent")
	}
	if a.w.cfg.Notifiers[m.Kind] == nil {
		return fault.Conflict("channel.not_sendable", "this server cannot send by %s: it needs a setting at its start", m.Kind)
	}
	if m.To = a.address(m.Lane, m.Kind); m.To == "" {
		return fault.Conflict("message.nowhere", "the contact or channel is gone, or nothing is sent there any more")
	}
	if err := a.compose(); err != nil {
		return err
	}
	m.Tried(notification.Try{Attempt: m.Attempt, At: a.now, Outcome: notification.TryAgain, Detail: "by " + words(a.by.Name)})
	m.Status, m.NextAt, m.LeaseUntil, m.ExpiresAt = notification.MessageRetrying, a.now, time.Time{}, a.now.Add(againFor)
	m.MayRepeat, m.Faults = m.MayRepeat || unknown, 0
	return nil
}

// compose says anew how the incidents stand, of those that the message is still wanted for: a page that was answered is not.
func (a *again) compose() error {
	answers := make(map[id.Incident]ports.Answer, len(a.facts))
	for n, s := range a.facts {
		answers[n] = ports.Answer{Status: s.Status, Stopped: s.Stopped}
	}
	dropped := unwanted(a.m.Deliveries, answers, time.Time{})
	for _, d := range a.m.Deliveries {
		if _, known := a.facts[d.Page.Incident]; known && dropped[d.ID] == "" && d.Status != notification.Cancelled {
			a.left = append(a.left, d)
		}
	}
	if len(a.left) == 0 {
		return fault.Conflict("message.answered", "it asks for nothing any more: what it tells of is answered or resolved")
	}
	var items []notification.Item
	for _, old := range a.m.Items {
		if !slices.ContainsFunc(a.left, func(d notification.Delivery) bool { return d.Page.Incident == old.Incident }) {
			continue
		}
		post := a.posts[ports.PostKey{Lane: a.m.Lane, Incident: old.Incident}]
		if post.OnItsWay {
			return fault.Conflict("message.behind", "a newer message about the incident is on its way there: it says how it stands")
		}
		it := a.item(a.facts[old.Incident], a.m.Purpose, notification.Happened{Text: old.Text + old.Why})
		it.First, it.Events, it.Post = old.First, old.Events, post.ProviderID
		items = append(items, it)
	}
	a.m.Items = items
	return nil
}

// save writes it, and that somebody did it on the timelines of its incidents.
func (a *again) save(ctx context.Context) ([]incident.Change, error) {
	if err := a.r.Messages.Save(ctx, []notification.Message{a.m.Message}); err != nil {
		return nil, err
	}
	if err := a.r.Deliveries.Renew(ctx, a.left, a.m.ExpiresAt); err != nil {
		return nil, err
	}
	var changes []incident.Change
	for _, n := range incidentsIn(a.left) {
		s := a.facts[n]
		f := incident.NewFold(s)
		noted := incident.Noted{
			Kind: EntrySentAgain, Actor: a.by, Text: a.m.Kind + " to " + a.people.Name(a.m.Recipient) + " is sent again",
			Data: map[string]string{"recipient": a.m.Recipient.ID, "by": a.m.Kind, "message": string(a.m.ID)},
		}
		if err := f.Step(noted, incident.Input{Now: a.now, Rules: a.people.RulesOf(s.Service), Roster: a.people}); err != nil {
			return nil, err
		}
		changes = append(changes, f.Change())
	}
	return changes, a.r.Incidents.Save(ctx, changes)
}
