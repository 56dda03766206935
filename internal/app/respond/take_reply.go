package respond

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// TakeReply takes what somebody wrote back, once, however often a provider brings it.
type TakeReply struct {
	Answer  Answer
	Inbound ports.Atomically[ports.Inbound]
	// Mark notes of a kind's address that nothing may be sent there any more, or that it may again.
	Mark  func(ctx context.Context, kind, to string, stopped bool) error
	Allow func(key string) (wait time.Duration, ok bool) // how often whoever says nothing that is understood is answered
}

const (
	workFor   = 15 * time.Second // a reply is somebody's to work: longer than any answer takes
	justNow   = time.Minute      // what was written within it means what was sent until now: clocks differ
	clockSlip = 5 * time.Second  // between a provider's clock and ours
)

// Do gives what to say, "" for nothing: what was done already, stop words, which providers answer themselves, and what
// only machines write so often. After an error of KindUnavailable it is to be brought again; there are words all the
// same. One of KindConflict says that somebody works it at this moment.
func (u TakeReply) Do(ctx context.Context, kind string, w ports.Written) (string, error) {
	r, understood := notification.ParseReply(w.Text)
	said, err := u.Answer.inTime(ctx, r.Deed, func(ctx context.Context) (string, error) {
		key, now := kind+":"+w.ID, u.Answer.Deps.Clock.Now()
		var mine, done bool
		err := u.Inbound(ctx, func(ctx context.Context, in ports.Inbound) (err error) {
			mine, done, err = in.Take(ctx, key, now, now.Add(workFor))
			return err
		})
		switch {
		case err != nil || done:
			return "", err
		case !mine:
			return "", fault.Conflict("reply.worked", "somebody works this reply at this moment")
		}
		said, err := u.work(ctx, kind, w, r, understood)
		if fault.Is(err, fault.KindUnavailable) {
			return said, err
		}
		// Where this cannot be noted it is worked again: an answer that repeats itself changes nothing.
		_ = u.Inbound(ctx, func(ctx context.Context, in ports.Inbound) error { return in.Done(ctx, key) })
		return said, nil
	})
	if !fault.Is(err, fault.KindUnavailable) {
		return said, err
	}
	switch {
	case !understood:
		return text.ReplyHow, err
	case !r.Deed.Answers():
		return "", err
	}
	return said + text.Again(r.Deed), err
}

func (u TakeReply) work(ctx context.Context, kind string, w ports.Written, r notification.Reply, understood bool) (string, error) {
	switch {
	case w.Code != "" && understood && r.Deed.Answers():
		a := u.Answer
		a.Deps.Unanswered = func() {} // the whole is counted once
		return a.ByCode(ctx, w.Code, r.Deed, Presser{}, r.Numbers...)
	case w.Code != "":
		return text.ReplyHow, nil
	case r.Deed == notification.DeedStop || r.Deed == notification.DeedStart:
		return "", u.Mark(ctx, kind, w.From, r.Deed == notification.DeedStop)
	case understood:
		a := u.Answer
		a.Deps.Unanswered = func() {} // the whole is counted once
		switch {
		case w.At.IsZero() || a.Deps.Clock.Now().Sub(w.At) < justNow:
			w.At = time.Time{}
		default:
			w.At = w.At.Add(clockSlip)
		}
		said, err := a.ByText(ctx, Texted{Kind: kind, From: w.From, Reply: r, At: w.At})
		if !fault.Is(err, fault.KindNotFound) {
			return said, err
		}
	}
	if _, ok := u.Allow(kind + ":" + w.From); !ok {
		return "", nil
	}
	known := false
	err := u.Answer.look(ctx, func(repos AnswerRepos) error {
		people, err := repos.Directory.Current(ctx)
		known = err == nil && len(people.LanesAt(kind, w.From)) > 0
		return err
	})
	if err != nil || known {
		return text.ReplyHow, nil //nolint:nilerr // it changes nothing, and can be said without the database
	}
	return text.ReplyUnknown, nil
}
