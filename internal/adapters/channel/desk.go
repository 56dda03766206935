package channel

import (
	"context"
	"log/slog"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// answerIn is how long the database may take before whoever asks hears that nothing is saved.
const answerIn = 9 * time.Second

// Desk does what people ask for in a chat, each thing once.
type Desk struct {
	Kind       string
	Answer     respond.Answer
	Reply      respond.TakeReply
	Once       respond.Once
	Link       admin.LinkProvider
	Unanswered func() // told when somebody could not be answered
	Log        *slog.Logger
}

// Press does what somebody asks for, as whom the chat knows them by id. There are words for them, except where it came again
// and is done, or is being done: then it was answered, or will be.
func (d Desk) Press(ctx context.Context, call, user string, asked Asked) string {
	by := respond.Presser{Kind: d.Kind, ID: user}
	return d.once(ctx, call, asked.Deed, func(ctx context.Context) (string, error) {
		if asked.Code != "" {
			return d.Answer.ByCode(ctx, asked.Code, asked.Deed, by)
		}
		return d.Answer.ByPost(ctx, respond.Pressed{By: by, Deed: asked.Deed, Of: asked.Of, For: asked.For, Note: asked.Note})
	})
}

// LinkBy makes somebody known by a code that Rouse showed them.
func (d Desk) LinkBy(ctx context.Context, call, user, name, code string) string {
	return d.once(ctx, call, "", func(ctx context.Context) (string, error) {
		u, err := d.Link.ByCode(ctx, directory.Linked{Kind: d.Kind, ID: user, Name: name}, code)
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

func (d Desk) once(ctx context.Context, call string, deed notification.Deed, work func(context.Context) (string, error)) string {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	var said string
	_, err := d.Once.Do(ctx, d.Kind+":"+call, func(ctx context.Context) (err error) {
		said, err = work(ctx)
		return err
	})
	switch { // nothing is said of what came again
	case fault.Of(err).Code == "answer.nobody":
		return "You are not known in Rouse. Nothing changed. On your own page there, make a code, and give it here."
	case err != nil && said == "":
		return d.sorry(deed, err)
	}
	return said
}

// sorry says why nothing was done, where the use case itself has no words.
func (d Desk) sorry(deed notification.Deed, err error) string {
	f := fault.Of(err)
	if f.Kind == fault.KindInternal {
		d.Log.Error("what somebody asked for in a chat failed", "kind", d.Kind, "error", err)
	}
	switch {
	case f.Kind != fault.KindUnavailable && f.Kind != fault.KindInternal:
		return f.Message + "."
	case deed == "":
		return "NOT done: the database cannot be reached, or did not answer in time. Try again."
	}
	return text.NotSaved(deed, f.Code != "incident.not_known")
}
