package deliver

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// apply makes of a result what it means for its message and deliveries.
func (rec *recording) apply(res result) {
	res.detail, res.receipt.ProviderID = words(res.detail), words(res.receipt.ProviderID)
	if res.outcome == never {
		d := rec.byID[res.Deliveries[0].ID]
		if d != nil && d.Status == notification.Waiting {
			rec.ended(d, res.status, res.detail)
		}
		return
	}
	m, ok := rec.message(res.ID)
	if !ok || res.outcome == lost {
		return
	}
	switch res.outcome {
	case reported:
		rec.report(m, res)
	case noReceipt:
		rec.noReceipt(m, res)
	default:
		rec.attempted(m, res)
	}
}

// message gives a message as it is after the results before.
func (rec *recording) message(m id.Message) (notification.Message, bool) {
	if c, ok := rec.changed[m]; ok {
		return c, true
	}
	b, ok := rec.messages[m]
	return b.Message, ok
}

// attempted records an attempt, where the message still is this attempt's. A receipt may have come before us.
func (rec *recording) attempted(m notification.Message, res result) {
	if m.Token != res.Token || m.Status != notification.MessageSending && (res.outcome != accepted || !m.SentAt.IsZero()) {
		return
	}
	if res.at.IsZero() {
		res.at = rec.now
	}
	m.Detail, m.MayRepeat, m.LeaseUntil, m.NextAt = res.detail, res.MayRepeat, time.Time{}, time.Time{}
	wasSilent := m.Silent()
	tried := notification.Try{Attempt: m.Attempt, At: res.at, Outcome: string(res.outcome), Detail: res.detail}
	if !res.calledAt.IsZero() {
		tried.At = res.calledAt
		rec.countAfterAck(m, res)
	}
	m.Tried(tried)
	if wasSilent && res.outcome != freed {
		rec.elsewhere(m, res)
		return
	}
	to := rec.status(&m, res)
	rec.changed[m.ID] = m
	rec.fanOut(m, res, to)
}

// status sets where a message stands after an attempt and gives what that makes of its deliveries; "" changes nothing.
func (rec *recording) status(m *notification.Message, res result) notification.Status {
	switch res.outcome {
	case accepted:
		return took(m, res)
	case failed:
		m.Status = notification.MessageFailed
		return notification.Failed
	case cancelled:
		m.Status = notification.MessageCancelled
	case expired:
		m.Status = notification.MessageExpired
	case freed:
		m.Status, m.NextAt = notification.MessageRetrying, res.at
		m.Attempt--
	case retry, unknown, broken:
		return rec.again(m, res)
	case lost, noReceipt, reported, never: // of no attempt of ours
	}
	return ""
}

// took is a message that a provider accepted.
func took(m *notification.Message, res result) notification.Status {
	m.Items, m.SentAt, m.ProviderID = res.Items, res.at, cmp.Or(res.receipt.ProviderID, m.ProviderID)
	m.Provider = cmp.Or(res.receipt.Provider, m.Provider)
	m.Status = m.Status.Report(notification.MessageAccepted)
	if res.receipt.Delivered {
		m.Status = m.Status.Report(notification.MessageDelivered)
		return notification.Delivered
	}
	if res.receipt.Confirms && m.Status == notification.MessageAccepted {
		m.NextAt = res.at.Add(receiptWait)
	}
	return notification.Accepted
}

// again plans another attempt, where there is time for one and we do not fail by ourselves again and again.
func (rec *recording) again(m *notification.Message, res result) notification.Status {
	m.MayRepeat = m.MayRepeat || res.outcome == unknown || res.outcome == broken && !res.calledAt.IsZero()
	m.Status = notification.MessageRetrying
	m.NextAt = res.at.Add(notification.Backoff(m.Attempt, rec.w.cfg.Jitter(), res.after))
	if res.outcome == broken {
		m.Faults++
	}
	poisoned := m.Faults >= maxFaults
	if poisoned {
		rec.poisoned = append(rec.poisoned, m.Kind)
	}
	if poisoned || !m.NextAt.Before(m.ExpiresAt) {
		m.Status, m.NextAt = notification.MessageFailed, time.Time{}
		return notification.Failed
	}
	return ""
}

// fanOut gives a message's outcome to its deliveries; "" leaves those that were not dropped as they are.
func (rec *recording) fanOut(m notification.Message, res result, to notification.Status) {
	told := make(map[notification.PageKey]bool)
	for _, old := range res.Deliveries {
		d := rec.byID[old.ID]
		if d == nil || d.Message != m.ID || d.Status != notification.Sending && d.Status != notification.Accepted {
			continue
		}
		switch s, dropped := res.dropped[d.ID]; {
		case dropped && s == notification.Cancelled:
			rec.set(d, s)
		case dropped:
			rec.ended(d, s, "too old to be sent")
		case to == notification.Failed:
			rec.ended(d, to, m.Detail)
		case to != "":
			rec.set(d, to)
			if !told[d.Page] {
				told[d.Page] = true
				rec.news = append(rec.news, news{page: d.Page, purpose: d.Purpose, kind: reachedNews, by: m.Kind, detail: m.Detail, message: m.ID})
			}
		}
	}
}

// report records what a provider said later, in whatever order it comes.
func (rec *recording) report(m notification.Message, res result) {
	was, other := m.Status, res.receipt.ProviderID != "" && m.ProviderID != "" && m.ProviderID != res.receipt.ProviderID
	other = other || res.about != 0 && res.about != m.Attempt
	m.Status = was.Report(res.report)
	if m.Status == was || other && res.report == notification.MessageFailed {
		return // known already; or an earlier attempt failed, which says nothing about this one
	}
	m.Detail, m.NextAt = res.detail, time.Time{}
	m.ProviderID = cmp.Or(m.ProviderID, res.receipt.ProviderID)
	m.Tried(notification.Try{Attempt: m.Attempt, At: rec.now, Outcome: string(res.report), Detail: res.detail})
	rec.changed[m.ID] = m
	to := notification.Status(res.report) // accepted, delivered and failed have the same names
	for _, old := range res.Deliveries {
		d := rec.byID[old.ID]
		if d == nil || d.Status == to || d.Status == notification.Cancelled || d.Status == notification.Expired {
			continue
		}
		before := d.Status.Reached()
		if to == notification.Failed {
			rec.ended(d, to, res.detail)
			continue
		}
		rec.set(d, to)
		n := news{page: d.Page, purpose: d.Purpose, kind: reachedNews, by: m.Kind, detail: res.detail, message: m.ID}
		if before {
			n.kind = confirmedNews
		}
		rec.news = append(rec.news, n)
	}
}

// noReceipt goes on to the person's next step, and lets another provider send it; a late receipt is welcome all the same.
func (rec *recording) noReceipt(m notification.Message, res result) {
	if m.Status != notification.MessageAccepted || m.NextAt.IsZero() {
		return
	}
	m.NextAt = time.Time{}
	again := rec.another(m)
	if again {
		m.Status, m.NextAt, m.MayRepeat = notification.MessageRetrying, rec.now, true
		rec.more = true
	}
	m.Tried(notification.Try{Attempt: m.Attempt, At: rec.now, Outcome: string(noReceipt), Detail: res.detail})
	rec.changed[m.ID] = m
	for _, old := range res.Deliveries {
		d := rec.byID[old.ID]
		if d == nil || d.Status != notification.Accepted {
			continue
		}
		n := news{page: d.Page, purpose: d.Purpose, kind: doubtfulNews, by: m.Kind, detail: res.detail, message: m.ID}
		if rec.nextStep(d) || again && rec.states[d.Page.Incident].Status == incident.Open() {
			n.detail += ", going on"
		}
		rec.news = append(rec.news, n)
	}
}

func (rec *recording) set(d *notification.Delivery, to notification.Status) {
	d.Status = to
	rec.statuses[to] = append(rec.statuses[to], d.ID)
}

// ended is a delivery that reached nobody: the person's next step is due now.
func (rec *recording) ended(d *notification.Delivery, to notification.Status, why string) {
	rec.set(d, to)
	rec.nextStep(d)
	rec.news = append(rec.news, news{page: d.Page, purpose: d.Purpose, kind: endedNews, by: d.Kind, detail: why, message: d.Message})
}

// nextStep makes the person's next step for the page due now, except where their own hours hold it back; false: none is.
func (rec *recording) nextStep(failed *notification.Delivery) bool {
	var next *notification.Delivery
	for _, d := range rec.pages[failed.Page] {
		switch {
		case d.Status != notification.Waiting || d.OwnHours:
		case !d.DueAt.After(rec.now):
			return true // it is due already
		case next == nil || d.DueAt.Before(next.DueAt):
			next = d
		}
	}
	if next != nil {
		next.DueAt = rec.now
		rec.hasten = append(rec.hasten, *next)
	}
	return next != nil
}

// countAfterAck notes a call that began after somebody had answered.
func (rec *recording) countAfterAck(m notification.Message, res result) {
	late := slices.ContainsFunc(res.Deliveries, func(d notification.Delivery) bool {
		_, dropped := res.dropped[d.ID]
		acked := rec.states[d.Page.Incident].AckedAt
		return !dropped && d.Purpose == notification.PurposePage && !acked.IsZero() && !acked.Before(d.CreatedAt) && acked.Before(res.calledAt)
	})
	if late {
		rec.afterAck = append(rec.afterAck, m.Kind)
	}
}

// maxWords bounds what is kept of a provider's words, in bytes.
const maxWords = 500

// words is foreign text as every database keeps it: valid, short, without control characters.
func words(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= maxWords {
		return text
	}
	return strings.ToValidUTF8(text[:maxWords], "") + "…"
}
