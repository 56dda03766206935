package channel

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// answerIn is how long the database may take before whoever asks hears that nothing is saved.
const answerIn = 9 * time.Second

// Desk does what people ask for in a chat, each thing once, and has words for it. What is different in a chat is how these
// are drawn, and how one commands.
type Desk struct {
	Kind   string
	Prefix string // of commands: "/rouse "
	More   string // help on what only this chat has, in lines; may be empty
	// Else gives what somebody is known by whose id nobody knows, "" for nothing; nil: there is nothing else.
	Else func(ctx context.Context, p Person) string

	Answer     respond.Answer
	Reply      respond.TakeReply
	Once       respond.Once
	Page       respond.PageNow
	Link       admin.LinkProvider
	List       insight.ListIncidents
	OnCall     insight.WhoIsOnCall
	Unanswered func() // told when somebody could not be answered
	Log        *slog.Logger
}

// Person is somebody, as a chat knows them.
type Person struct {
	ID   string
	Name string
}

// Press does what somebody asks for. There are words for them, except where it came again and is done, or is being done:
// then it was answered, or will be.
func (d Desk) Press(ctx context.Context, call string, p Person, asked Asked) string {
	return d.Work(ctx, call, asked.Deed, func(ctx context.Context) (string, error) {
		return d.as(ctx, p, func(by respond.Presser) (string, error) {
			if asked.Code != "" {
				return d.Answer.ByCode(ctx, asked.Code, asked.Deed, by)
			}
			return d.Answer.ByPost(ctx, respond.Pressed{By: by, Deed: asked.Deed, Of: asked.Of, For: asked.For, Note: asked.Note})
		})
	})
}

// LinkBy makes somebody known by a code that Rouse showed them.
func (d Desk) LinkBy(ctx context.Context, call string, p Person, code string) string {
	return d.Work(ctx, call, "", func(ctx context.Context) (string, error) {
		u, err := d.Link.ByCode(ctx, directory.Linked{Kind: d.Kind, ID: p.ID, Name: p.Name}, code)
		if err != nil {
			return "", err
		}
		return "You are " + u.Principal().Actor.Name + " in Rouse now.", nil
	})
}

// Written does what somebody wrote from where they get messages.
func (d Desk) Written(ctx context.Context, w ports.Written) string {
	said, err := d.Reply.Do(ctx, d.Kind, w)
	if said == "" && err != nil && !fault.Is(err, fault.KindConflict) {
		return d.sorry("", err)
	}
	return said
}

// Work does something once, and has words for whoever asked, as Press has.
func (d Desk) Work(ctx context.Context, call string, deed notification.Deed, work func(context.Context) (string, error)) string {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	var said string
	again, err := d.Once.Do(ctx, d.Kind+":"+call, func(ctx context.Context) (err error) {
		said, err = work(ctx)
		return err
	})
	switch {
	case again:
		return ""
	case nobody(err):
		return "You are not known in Rouse. Nothing changed. On your own page there, make a code, and write here: " + d.Prefix + "link CODE"
	case err != nil && said == "":
		return d.sorry(deed, err)
	}
	return said
}

// as runs work as whoever asks.
func (d Desk) as(ctx context.Context, p Person, work func(respond.Presser) (string, error)) (string, error) {
	said, err := work(respond.Presser{Kind: d.Kind, ID: p.ID})
	if d.Else == nil || !nobody(err) {
		return said, err
	}
	if other := d.Else(ctx, p); other != "" {
		return work(respond.Presser{Kind: d.Kind, ID: other})
	}
	return said, err
}

func nobody(err error) bool { return fault.Of(err).Code == "answer.nobody" }

// sorry says why nothing was done, where the use case itself has no words.
func (d Desk) sorry(deed notification.Deed, err error) string {
	f := fault.Of(err)
	ours := f.Kind == fault.KindInternal && !errors.Is(err, context.DeadlineExceeded)
	if ours {
		d.Log.Error("what somebody asked for in a chat failed", "kind", d.Kind, "error", err)
	}
	switch {
	case f.Kind != fault.KindUnavailable && f.Kind != fault.KindInternal, deed == "" && strings.HasPrefix(f.Code, "incident."):
		return f.Message + "."
	case deed != "":
		return text.NotSaved(deed, f.Code != "incident.not_known")
	case ours:
		return "NOT done: something went wrong here; the log says what."
	}
	return "NOT done: the database cannot be reached, or did not answer in time. Try again."
}
