package text

import (
	"fmt"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Style is how a chat writes what is not plain text.
type Style struct {
	Clock func(t time.Time) string // a moment, for whoever reads it
	Plain func(s string) string    // a text that must mean nothing to the chat
}

// Posted is what a post says of one incident as it stands: two lines, the second made of facts.
type Posted struct {
	Severity string // "CRIT"
	Head     string // "payments · prod · Error rate 12% on api-7"
	Facts    []string
	Link     string // to the incident; "" where nobody knows our address
	Runbook  string // "" where there is none that a browser may be sent to
}

// Post says it. Its parts are short: 200 characters of a title, 80 of a name.
func Post(in Input, it notification.Item, s Style) Posted {
	p := Posted{Severity: word(it.Severity), Link: in.link(it), Runbook: runbook(it)}
	p.Head = s.Plain(clean(it.Service, 80))
	if e := clean(it.Environment, 40); e != "" && e != "default" {
		p.Head += " · " + s.Plain(e)
	}
	p.Head += " · " + s.Plain(title(it))
	switch it.Status {
	case "acknowledged":
		p.Facts = acknowledgedFacts(it, s)
	case "resolved":
		p.Facts = []string{"✓ Resolved " + s.Clock(in.CreatedAt)}
	default:
		p.Facts = openFacts(it, s)
	}
	if it.Alerts > 1 {
		p.Facts = append(p.Facts, plural(it.Alerts, "alert", "alerts"))
	}
	if it.Why != "" {
		p.Facts = append(p.Facts, s.Plain(clean(it.Why, 120)))
	}
	p.Facts = append(p.Facts, it.Incident.String())
	return p
}

func openFacts(it notification.Item, s Style) []string {
	facts := []string{"Open since " + s.Clock(it.Since)}
	if it.Paged != "" {
		level := ""
		if it.Level > 0 {
			level = fmt.Sprintf(" (level %d)", it.Level)
		}
		facts = append(facts, "paging "+s.Plain(clean(it.Paged, 120))+level)
	}
	if it.Next != "" {
		facts = append(facts, "next "+s.Plain(clean(it.Next, 120))+" "+s.Clock(it.NextAt))
	}
	return facts
}

func acknowledgedFacts(it notification.Item, s Style) []string {
	owner := "✓ " + s.Plain(clean(it.Owner, 80)) + " " + s.Clock(it.OwnedAt)
	if took := it.OwnedAt.Sub(it.Since); took > 0 {
		owner += " (after " + long(took) + ")"
	}
	facts := []string{owner}
	if !it.Until.IsZero() {
		facts = append(facts, "snoozed until "+s.Clock(it.Until))
	}
	return facts
}
