package respond

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Presser is who pressed a button in a chat, as its provider knows them. Where nobody is known by it, as by the zero value,
// it is the recipient of a personal message who answers.
type Presser struct {
	Kind string // of channel
	ID   string
}

// Pressed is what somebody did with an incident's post, which shows what is true now: unlike a message, it can be
// answered however old it is.
type Pressed struct {
	By   Presser
	Deed notification.Deed
	Of   []id.Incident
	For  time.Duration // of a snooze
	Note string
}

// ByPost answers a post, or a command that names incidents.
func (u Answer) ByPost(ctx context.Context, p Pressed) (string, error) {
	return u.inTime(ctx, p.Deed, func(ctx context.Context) (string, error) {
		a := answering{numbers: p.Of, via: p.By.Kind}
		a.message.Recipient.Kind = notification.ToChannel
		if err := u.who(ctx, &a, p.By); err != nil {
			return words(err), err
		}
		return u.act(ctx, a, doing{Deed: p.Deed, For: p.For, Note: p.Note})
	})
}

// Who gives the user that presses; KindForbidden where nobody is known there.
func (u Answer) Who(ctx context.Context, by Presser) (*directory.User, error) {
	var a answering
	a.message.Recipient.Kind = notification.ToChannel
	err := u.who(ctx, &a, by)
	return a.user, err
}

// known is whom a provider knows by an id: whoever linked it, else whose verified contact of its kind it is; "" nobody.
func (r AnswerRepos) known(ctx context.Context, people *directory.Snapshot, by Presser) (id.User, error) {
	if by == (Presser{}) || r.Linked == nil {
		return "", nil
	}
	uid, ok, err := r.Linked.User(ctx, by.Kind, by.ID)
	if err != nil || ok {
		return uid, err
	}
	for _, l := range people.LanesAt(by.Kind, by.ID) {
		return people.OwnerOf(l), nil
	}
	return "", nil
}
