package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/failpoint"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// outcome is what came of an attempt, or what was found about a message otherwise.
type outcome string

const (
	accepted  outcome = notification.TryAccepted
	retry     outcome = "retry"                // the provider did not take it; again later
	unknown   outcome = "unknown"              // it may have taken it
	failed    outcome = "failed"               // refused for good
	cancelled outcome = "cancelled"            // answered before it was sent
	expired   outcome = "expired"              // too old before it was sent
	freed     outcome = "released"             // not attempted; another may at once
	lost      outcome = "lost"                 // the lease is somebody else's: nothing to record
	broken    outcome = "fault"                // a failure of our own
	noReceipt outcome = notification.TrySilent // the provider took it and never said that it arrived
	reported  outcome = "reported"             // by the provider, later
	never     outcome = "never"                // a delivery that never became part of a message
)

// result is what must be recorded.
type result struct {
	ports.Bound
	outcome  outcome
	receipt  ports.Receipt
	detail   string
	after    time.Duration                 // that the provider asked to wait
	calledAt time.Time                     // zero: nobody was called
	at       time.Time                     // when it was known
	dropped  map[int64]notification.Status // deliveries that were left out: cancelled or expired
	report   notification.MessageStatus    // for reported
	about    int                           // for reported: the attempt; 0: not said
	status   notification.Status           // for never
}

func released(a attempt, why string) result {
	return result{Bound: a.Bound, outcome: freed, detail: why}
}

func unsent(d notification.Delivery, to notification.Status, why string, now time.Time) result {
	return result{Bound: ports.Bound{Deliveries: []notification.Delivery{d}}, outcome: never, status: to, detail: why, at: now}
}

// send makes one attempt: it looks again whether the message is still wanted and still ours, and calls the provider.
func (w *Worker) send(ctx context.Context, a attempt) (res result) {
	defer func() {
		if v := recover(); v != nil {
			res = result{Bound: a.Bound, outcome: broken, detail: fmt.Sprintf("sending panicked: %v", v), at: w.cfg.Clock.Now(), calledAt: res.calledAt}
		}
		w.count(a, res)
	}()
	check, err := w.cfg.Outbox.Recheck(ctx, a.ID, incidentsIn(a.Deliveries))
	now := w.cfg.Clock.Now()
	switch {
	case err != nil:
		return released(a, "could not be checked: "+err.Error())
	case check.Token != a.Token:
		return result{Bound: a.Bound, outcome: lost}
	case !now.Add(sendTimeout).Before(a.LeaseUntil):
		return released(a, "the lease is running out")
	}
	res = result{Bound: a.Bound, at: now, dropped: unwanted(a.Deliveries, check.Answers, now)}
	if a.nothingLeft(res.dropped, now) {
		res.outcome, res.detail = whyNothing(res.dropped)
		return res
	}
	res.Items = a.wanted(res.dropped)
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	w.call(ctx, a, &res)
	return res
}

// call asks the provider whether it has the message already where that is not known, and else sends it. That it
// has not is true of this moment alone: whoever held an earlier lease may still be on their way, so the next attempt
// asks again.
func (w *Worker) call(ctx context.Context, a attempt, res *result) {
	n := w.cfg.Notifiers[a.Kind]
	out := ports.Outgoing{
		Message: res.Message, Zone: a.zone, PublicURL: w.cfg.PublicURL, Answers: w.cfg.Codes.Answers(a.Message, a.Deliveries),
		Chosen: notification.Chosen{Options: a.own.Options, Key: a.own.Key}, Installation: w.cfg.Installation,
	}
	if out.MayRepeat {
		if r, ok := n.(ports.Reconciler); ok {
			receipt, found, err := r.Reconcile(ctx, out)
			if err == nil && found {
				res.outcome, res.receipt, res.at = accepted, receipt, w.cfg.Clock.Now()
				return
			}
			out.MayRepeat = err != nil || out.Silent()
		}
	}
	if out.MayRepeat {
		w.cfg.Metrics.DuplicatePossible(a.Kind)
	}
	res.calledAt = w.cfg.Clock.Now()
	if !a.ready.IsZero() {
		w.cfg.Metrics.Requested(a.Kind, res.calledAt.Sub(a.ready))
	}
	failpoint.Here(failpoint.Calling)
	receipt, err := n.Send(ctx, out)
	failpoint.Here(failpoint.Answered)
	res.at = w.cfg.Clock.Now()
	res.receipt = receipt
	res.outcome, res.detail, res.after = classify(receipt, err)
}

func classify(r ports.Receipt, err error) (outcome, string, time.Duration) {
	if err == nil {
		return accepted, r.Detail, 0
	}
	after, again := ports.RetryAfter(err)
	switch {
	case ports.IsAmbiguous(err), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return unknown, err.Error(), after
	case again:
		return retry, err.Error(), after
	}
	return failed, err.Error(), 0
}

// unwanted says which deliveries are not worth sending any more: too old, or answered since. Updates need no answer.
func unwanted(ds []notification.Delivery, answers map[id.Incident]ports.Answer, now time.Time) map[int64]notification.Status {
	out := make(map[int64]notification.Status)
	for _, d := range ds {
		a := answers[d.Page.Incident]
		answered := a.Status == incident.Resolved() || a.Stopped.Covers(d.Page)
		switch {
		case d.Purpose == notification.PurposePage && answered:
			out[d.ID] = notification.Cancelled
		case !d.ExpiresAt.IsZero() && !now.Before(d.ExpiresAt):
			out[d.ID] = notification.Expired
		}
	}
	return out
}

// nothingLeft says whether the message is not worth sending any more. A test is made of no deliveries.
func (a attempt) nothingLeft(dropped map[int64]notification.Status, now time.Time) bool {
	if a.Purpose == notification.PurposeTest {
		return !now.Before(a.ExpiresAt)
	}
	return len(dropped) == len(a.Deliveries)
}

func whyNothing(dropped map[int64]notification.Status) (outcome, string) {
	for _, s := range dropped {
		if s == notification.Cancelled {
			return cancelled, "answered before it was sent"
		}
	}
	return expired, "too old to be sent"
}

// wanted are the items of the deliveries that are left.
func (a attempt) wanted(dropped map[int64]notification.Status) []notification.Item {
	if a.Purpose == notification.PurposeTest {
		return a.Items
	}
	left := make(map[id.Incident]bool)
	for _, d := range a.Deliveries {
		if _, ok := dropped[d.ID]; !ok {
			left[d.Page.Incident] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(a.Items), func(i notification.Item) bool { return !left[i.Incident] })
}

func (w *Worker) count(a attempt, r result) {
	var took time.Duration
	if !r.calledAt.IsZero() {
		took = r.at.Sub(r.calledAt)
	}
	w.cfg.Metrics.Sent(a.Kind, string(r.outcome), took)
}

func incidentsIn(ds []notification.Delivery) []id.Incident {
	out := make([]id.Incident, len(ds))
	for i, d := range ds {
		out[i] = d.Page.Incident
	}
	slices.Sort(out)
	return slices.Compact(out)
}
