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
	Answer Answer
	Once   Once
	// Mark notes of a kind's address that nothing may be sent there any more, or that it may again.
	Mark  func(ctx context.Context, kind, to string, stopped bool) error
	Allow func(key string) (wait time.Duration, ok bool) // how often whoever says nothing that is understood is answered
}

const (
	justNow   = time.Minute     // what was written within it means what was sent until now: clocks differ
	clockSlip = 5 * time.Second // between a provider's clock and ours
)

// Do gives what to say, "" for nothing: what was done already, stop words, which providers answer themselves, and what
// only machines write so often. After an error of KindUnavailable it is to be brought again; there are words all the
// same. One of KindConflict says that somebody works it at this moment.
func (u TakeReply) Do(ctx context.Context, kind string, w ports.Written) (string, error) {
	r, understood := notification.ParseReply(w.Text)
	said, err := u.Answer.inTime(ctx, r.Deed, func(ctx context.Context) (string, error) {
		var said string
		again, err := u.Once.Do(ctx, kind+":"+w.ID, func(ctx context.Context) (err error) {
			said, err = u.work(ctx, kind, w, r, understood)
			return err
		})
		if again || failed(err) {
			return said, err
		}
		return said, nil // a refusal is in the words
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

// work does what somebody wrote, or says how it is done.
func (u TakeReply) work(ctx context.Context, kind string, w ports.Written, r notification.Reply, understood bool) (string, error) {
	a := u.Answer
	a.Deps.Unanswered = func() {} // the whole is counted once
	answers := understood && r.Deed.Answers()
	switch {
	case answers && w.Code != "":
		return a.ByCode(ctx, w.Code, r.Deed, Presser{}, r.Numbers...)
	case w.Code != "":
		return text.ReplyHow, nil
	case answers:
		said, err := a.ByText(ctx, Texted{Kind: kind, From: w.From, Reply: r, At: u.writtenAt(w.At)})
		if !fault.Is(err, fault.KindNotFound) {
			return said, err
		}
	case understood:
		return "", u.Mark(ctx, kind, w.From, r.Deed == notification.DeedStop)
	}
	return u.notUnderstood(ctx, kind, w.From), nil
}

// writtenAt is until when what was sent may be meant; zero: until now.
func (u TakeReply) writtenAt(at time.Time) time.Time {
	if at.IsZero() || u.Answer.Deps.Clock.Now().Sub(at) < justNow {
		return time.Time{}
	}
	return at.Add(clockSlip)
}

// notUnderstood is said of what changes nothing: how to answer, or that nobody is known. It needs no database: whom it
// cannot ask it takes for somebody.
func (u TakeReply) notUnderstood(ctx context.Context, kind, from string) string {
	if _, ok := u.Allow(kind + ":" + from); !ok {
		return ""
	}
	known := true
	_ = u.Answer.look(ctx, func(r AnswerRepos) error {
		people, err := r.Directory.Current(ctx)
		known = err != nil || len(people.LanesAt(kind, from)) > 0
		return err
	})
	if known {
		return text.ReplyHow
	}
	return text.ReplyUnknown
}
