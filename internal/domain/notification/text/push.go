package text

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Notice is what a notification on a phone or desktop shows. Everything in it is as of the message's CreatedAt.
type Notice struct {
	Title    string // one line
	Body     string // one line, its parts set apart by " · "
	Tag      string // a later one of the same tag takes its place
	Link     string // to the incident, or to the list; "" where nobody knows our address
	Answer   string // URL that a POST of do=acknowledge goes to; "" where nobody can answer by it
	Severity alert.Severity
	Page     bool // it asks for an answer
	Silent   bool // it takes the place of another and must not ring
}

// Push is the message as a notification.
func Push(in Input) Notice {
	if t, ok := in.test(); ok {
		return Notice{Title: "Rouse", Body: t, Tag: "test", Link: in.PublicURL}
	}
	worst, _ := tally(in.Items)
	n := Notice{Severity: worst, Page: in.Purpose == notification.PurposePage, Tag: string(in.ID), Link: in.PublicURL, Answer: in.answer(in.Answers.Whole)}
	n.Silent = len(in.Items) > 0 && !n.Page && !slices.ContainsFunc(in.Items, func(it notification.Item) bool { return it.Status != "resolved" })
	if len(in.Items) == 1 {
		it := in.Items[0]
		n.Title, n.Body = in.pushTitle(it), in.pushBody(it)
		n.Tag, n.Link = fmt.Sprintf("incident-%d", it.Incident), in.link(it)
		return n
	}
	n.Title, n.Body = in.pushSeveral()
	return n
}

// pushTitle: CRIT payments · prod
func (in Input) pushTitle(it notification.Item) string {
	t := in.smsPrefix()
	if in.Digest {
		t += "(delayed) "
	}
	t += word(it.Severity) + " " + clean(it.Service, 80)
	if e := clean(it.Environment, 40); e != "" && e != "default" {
		t += " · " + e
	}
	return t
}

// pushBody: Error rate 12% on api-7 · 4 alerts · 03:12 · Ben in 4:40 · #4821
func (in Input) pushBody(it notification.Item) string {
	var parts []string
	if in.Purpose == notification.PurposeUpdate {
		parts = append(parts, what(it, 120))
	}
	parts = append(parts, title(it))
	if in.Purpose == notification.PurposePage {
		if it.Alerts > 1 {
			parts = append(parts, plural(it.Alerts, "alert", "alerts"))
		}
		if !it.Since.IsZero() {
			parts = append(parts, in.clock(it.Since))
		}
		if left := it.NextAt.Sub(in.CreatedAt); it.Next != "" && left > 0 {
			parts = append(parts, clean(it.Next, 40)+" in "+countdown(left))
		}
	}
	return strings.Join(append(parts, it.Incident.String()), " · ")
}

// countdown is a short while as minutes and seconds, a longer one roughly.
func countdown(d time.Duration) string {
	if d >= time.Hour {
		return long(d)
	}
	return fmt.Sprintf("%d:%02d", int(d/time.Minute), int(d%time.Minute/time.Second))
}

// pushSeveral says how many, how bad, and where it began.
func (in Input) pushSeveral() (head, body string) {
	worst, asBad := tally(in.Items)
	switch {
	case len(in.Items) == 0:
		return in.smsPrefix() + "Rouse", "nothing is open"
	case in.Purpose == notification.PurposeUpdate:
		var parts []string
		for _, it := range worstFirst(in.Items) {
			parts = append(parts, fmt.Sprintf("%s %s: %s", it.Incident, clean(it.Service, 20), what(it, 40)))
		}
		return fmt.Sprintf("%s%d updates", in.smsPrefix(), len(in.Items)), shorten(strings.Join(parts, " · "), maxText)
	case in.Digest:
		first := worstFirst(in.Items)[0]
		return in.smsPrefix() + "Rouse could not page you until " + in.clock(in.CreatedAt), fmt.Sprintf("%s · Worst: %s: %s since %s", in.digestCounts(), clean(first.Service, 40), title(first), in.clock(first.Since))
	}
	first := slices.MinFunc(in.Items, func(a, b notification.Item) int { return a.Since.Compare(b.Since) })
	return fmt.Sprintf("%s%d incidents, %d %s", in.smsPrefix(), len(in.Items), asBad, word(worst)),
		fmt.Sprintf("%s · First %s %s: %s", services(in.Items, 3, 40), in.clock(first.Since), clean(first.Service, 40), title(first))
}
