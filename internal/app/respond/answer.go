package respond

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Answer is somebody answering a message where they got it. Every channel answers by it, and always has something to
// say: each of its methods gives words for whoever answered, also with an error, which says why nothing was saved.
type Answer struct {
	Deps  Deps
	Sent  ports.Sent
	Read  ports.Atomically[AnswerRepos]
	Codes notification.Codes
}

// AnswerRepos is what is looked up for an answer.
type AnswerRepos struct {
	Directory ports.Directory
	Facts     ports.IncidentFacts
	Linked    ports.Linked
}

// toldFor is how long somebody may name an incident that they were told of.
const toldFor = 7 * notification.AnswerFor

// appliesIn is for how long what somebody wrote acts where a provider brought it late; then it is old news.
const appliesIn = time.Hour

// maxLooked is how many messages are looked through for what somebody means.
const maxLooked = 50

// ByCode answers what a signed code names: one incident, or all that its message listed; only those that are named,
// where some are.
func (u Answer) ByCode(ctx context.Context, code string, deed notification.Deed, by Presser, only ...id.Incident) (string, error) {
	return u.inTime(ctx, deed, func(ctx context.Context) (string, error) {
		a, err := u.find(ctx, code, by)
		if err != nil {
			return words(err), err
		}
		if u.Deps.Clock.Now().Sub(a.message.CreatedAt) >= notification.AnswerFor {
			return u.expired(ctx, a, nil)
		}
		if len(only) > 0 {
			a.numbers = slices.DeleteFunc(a.numbers, func(n id.Incident) bool { return !slices.Contains(only, n) })
		}
		if len(a.numbers) == 0 {
			return u.expired(ctx, a, only)
		}
		return u.act(ctx, a, doing{Deed: deed})
	})
}

// words are a refusal's own; what is a failure of ours is said by inTime.
func words(err error) string {
	if f := fault.Of(err); f.Kind == fault.KindNotFound || f.Kind == fault.KindForbidden {
		return f.Message + "."
	}
	return ""
}

// answering is who answers what.
type answering struct {
	user    *directory.User
	via     string // the kind of channel by which they answer
	people  *directory.Snapshot
	message notification.Message
	numbers []id.Incident
}

// find says who answers by a code, and which incidents they mean.
func (u Answer) find(ctx context.Context, code string, by Presser) (answering, error) {
	unknown := &fault.Error{Kind: fault.KindNotFound, Code: "answer.unknown", Message: "this link is none of ours, or a part of it is missing. Nothing changed"}
	c, ok := u.Codes.Read(code)
	if !ok {
		return answering{}, unknown
	}
	m, err := u.Sent.OfDelivery(ctx, c.Delivery)
	if fault.Is(err, fault.KindNotFound) {
		return answering{}, unknown
	}
	if err != nil {
		return answering{}, err
	}
	a := answering{message: m.Message, via: cmp.Or(by.Kind, m.Kind)}
	for _, d := range m.Deliveries {
		if d.ID == c.Delivery {
			a.numbers = append(a.numbers, d.Page.Incident)
		}
	}
	if c.Whole {
		a.numbers = listed(m.Message)
	}
	return a, u.who(ctx, &a, by)
}

// listed are the incidents that a message tells of.
func listed(m notification.Message) []id.Incident {
	out := make([]id.Incident, 0, len(m.Items))
	for _, it := range m.Items {
		out = append(out, it.Incident)
	}
	return out
}

// who finds the person: whoever linked what the provider knows them by, for a contact may be a room; else of a personal
// message its recipient while the contact is still theirs.
func (u Answer) who(ctx context.Context, a *answering, by Presser) error {
	uid := a.message.Recipient.User()
	return u.look(ctx, func(r AnswerRepos) (err error) {
		if a.people, err = r.Directory.Current(ctx); err != nil {
			return err
		}
		pressed, err := r.known(ctx, a.people, by)
		if err != nil {
			return err
		}
		theirs := pressed != "" || uid != "" && a.people.OwnerOf(a.message.Lane) == uid
		uid = cmp.Or(pressed, uid)
		a.user = a.people.Users[uid]
		if a.user == nil || a.user.Disabled || !theirs {
			return fault.Forbidden("answer.nobody", "nobody is known here who could answer this. Nothing changed")
		}
		return nil
	})
}

func (u Answer) look(ctx context.Context, f func(r AnswerRepos) error) error {
	return u.Read(ctx, func(_ context.Context, r AnswerRepos) error { return f(r) })
}

// Texted is what somebody wrote back from where they get messages.
type Texted struct {
	Kind  string // of contact
	From  string // its address
	Reply notification.Reply
	At    time.Time // when they wrote it; zero: now
}

// ByText answers the newest message to where somebody writes from, or the incidents that they name and were told of.
// Somebody without a number of incidents means all that the message listed.
func (u Answer) ByText(ctx context.Context, t Texted) (string, error) {
	return u.inTime(ctx, t.Reply.Deed, func(ctx context.Context) (string, error) {
		if t.At.IsZero() {
			t.At = u.Deps.Clock.Now()
		}
		a, found, err := u.meant(ctx, t)
		switch {
		case fault.Is(err, fault.KindNotFound):
			return text.ReplyUnknown, err
		case err != nil:
			return "", err
		case !found:
			return u.expired(ctx, a, t.Reply.Numbers)
		}
		said, err := u.act(ctx, a, doing{Deed: t.Reply.Deed})
		others := slices.DeleteFunc(slices.Clone(t.Reply.Numbers), func(n id.Incident) bool { return slices.Contains(a.numbers, n) })
		if said != "" && len(others) > 0 {
			said += " " + text.NotTold(others)
		}
		return said, err
	})
}

// meant finds what somebody answers; found false: no message says it.
func (u Answer) meant(ctx context.Context, t Texted) (a answering, found bool, err error) {
	var lanes []notification.Lane
	err = u.look(ctx, func(r AnswerRepos) (err error) {
		if a.people, err = r.Directory.Current(ctx); err == nil {
			lanes = a.people.LanesAt(t.Kind, t.From)
		}
		return err
	})
	if err != nil {
		return a, false, err
	}
	if len(lanes) == 0 {
		return a, false, fault.NotFound("contact", t.From)
	}
	a.user, a.via = a.people.Users[a.people.OwnerOf(lanes[0])], t.Kind
	if u.Deps.Clock.Now().Sub(t.At) > appliesIn {
		return a, false, nil
	}
	if len(t.Reply.Numbers) > 0 {
		return u.named(ctx, a, lanes, t)
	}
	sent, err := u.Sent.Newest(ctx, lanes, t.At.Add(-notification.AnswerFor), t.At, maxLooked)
	for _, m := range sent {
		// What may have arrived is what they look at; what waits is not.
		if !m.SentAt.IsZero() || m.MayRepeat || m.Status == notification.MessageSending {
			a.user, a.message, a.numbers = a.people.Users[a.people.OwnerOf(m.Lane)], m, listed(m)
			return a, a.user != nil, nil
		}
	}
	return a, false, err
}

// named finds those of the incidents that somebody named of which they were told, wherever. Where several people share
// an address, it is the one of them who was told last.
func (u Answer) named(ctx context.Context, a answering, lanes []notification.Lane, t Texted) (answering, bool, error) {
	var all []notification.Lane
	for _, l := range lanes {
		all = append(all, lanesOf(a.people.Users[a.people.OwnerOf(l)])...)
	}
	sent, err := u.Sent.Newest(ctx, all, t.At.Add(-toldFor), t.At, maxLooked)
	for _, m := range sent {
		owner := a.people.Users[a.people.OwnerOf(m.Lane)]
		for _, n := range listed(m) {
			if owner == nil || !slices.Contains(t.Reply.Numbers, n) || slices.Contains(a.numbers, n) {
				continue
			}
			if len(a.numbers) == 0 {
				a.user = owner
			}
			if owner == a.user {
				a.numbers = append(a.numbers, n)
			}
		}
	}
	return a, len(a.numbers) > 0, err
}

func lanesOf(u *directory.User) []notification.Lane {
	out := make([]notification.Lane, 0, len(u.Contacts))
	for _, c := range u.Contacts {
		out = append(out, notification.ContactLane(c.ID))
	}
	return out
}

// inTime bounds an answer, and counts one that took longer than was promised. What the database could not say is said.
func (u Answer) inTime(ctx context.Context, deed notification.Deed, f func(context.Context) (string, error)) (string, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	said, err := f(ctx)
	if time.Since(began) > answerWithin {
		u.Deps.Unanswered()
	}
	known := fault.Of(err).Code != "incident.not_known"
	switch {
	case err == nil, fault.Is(err, fault.KindConflict), fault.Is(err, fault.KindNotFound), fault.Is(err, fault.KindForbidden):
		return said, err
	case !fault.Is(err, fault.KindUnavailable): // a failure of ours is said as one of the database's
		err = fault.Unavailable(time.Second, "incident.not_saved", "NOT saved: the database cannot be reached, or did not answer in time. Escalation continues; try again").Because(err)
	}
	return text.NotSaved(deed, known), err
}

// maxYours is how many open incidents of somebody are named beside an expired code.
const maxYours = 3

// expired says that what is answered is older than a day, and what else waits for the person.
func (u Answer) expired(ctx context.Context, a answering, named []id.Incident) (string, error) {
	now := u.Deps.Clock.Now()
	sent, err := u.Sent.Newest(ctx, lanesOf(a.user), now.Add(-toldFor), now, maxLooked)
	if err != nil {
		return "", err
	}
	if len(sent) == 0 && len(named) == 0 && a.message.ID == "" {
		return text.ReplyNothing, errExpired()
	}
	var numbers []id.Incident
	for _, m := range sent {
		numbers = append(numbers, listed(m)...)
	}
	slices.Sort(numbers)
	var yours []text.Done
	err = u.look(ctx, func(r AnswerRepos) error {
		states, err := r.Facts.States(ctx, slices.Compact(numbers))
		for _, s := range states {
			if s.Status == incident.Open() {
				yours = append(yours, text.Done{Incident: s.Number, Service: s.ServiceName, Severity: s.Severity})
			}
		}
		return err
	})
	if err != nil {
		return "", err
	}
	slices.SortFunc(yours, worse)
	return text.Expired(named, yours[:min(len(yours), maxYours)]), errExpired()
}

func errExpired() error {
	return fault.Conflict("answer.expired", "this is older than a day: sign in to answer")
}

func worse(a, b text.Done) int {
	if c := b.Severity.Rank() - a.Severity.Rank(); c != 0 {
		return c
	}
	return int(b.Incident - a.Incident)
}

// Looked is what a code is about, for whoever is about to answer.
type Looked struct {
	Name     string // of who answers
	Items    []notification.Item
	Statuses map[id.Incident]string // as they stand now
	Severity alert.Severity         // the worst
}

// Look changes nothing.
func (u Answer) Look(ctx context.Context, code string) (Looked, error) {
	a, err := u.find(ctx, code, Presser{})
	if err != nil {
		return Looked{}, err
	}
	if u.Deps.Clock.Now().Sub(a.message.CreatedAt) >= notification.AnswerFor {
		return Looked{}, errExpired()
	}
	out := Looked{Name: a.user.Principal().Actor.Name, Statuses: map[id.Incident]string{}}
	for _, it := range a.message.Items {
		if slices.Contains(a.numbers, it.Incident) {
			out.Items = append(out.Items, it)
		}
		if it.Severity.Above(out.Severity) {
			out.Severity = it.Severity
		}
	}
	return out, u.look(ctx, func(r AnswerRepos) error {
		states, err := r.Facts.States(ctx, a.numbers)
		for n, s := range states {
			out.Statuses[n] = s.Status.String()
		}
		return err
	})
}

// AddressOf is where the message of a code went: whoever answers it is answered there, whatever sender their mail names.
// It is given also with an error, where the message is there and whoever got it may answer no more.
func (u Answer) AddressOf(ctx context.Context, code string) (string, error) {
	a, err := u.find(ctx, code, Presser{})
	return a.message.To, err
}
