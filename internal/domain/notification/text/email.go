package text

import (
	"fmt"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

const (
	maxLabels  = 40 // labels that an email shows
	maxEntries = 50 // incidents that it shows: mail servers refuse what is too long
)

// Mail is an email's visible parts.
type Mail struct {
	Subject string // one line
	Text    string
	HTML    string
}

// Email is the message as an email. Everything in it is as of the message's CreatedAt.
func Email(in Input) Mail {
	p := in.page()
	return Mail{Subject: Subject(in), Text: p.text(), HTML: p.html()}
}

// Subject is an email's subject: for one incident it is the same for every message about it, however bad
// it becomes, so that mail programs keep them together.
func Subject(in Input) string {
	if t, ok := in.test(); ok {
		return shorten(t, 120)
	}
	if len(in.Items) == 1 {
		it := in.Items[0]
		if it.First != (alert.Severity{}) {
			it.Severity = it.First
		}
		return fmt.Sprintf("[%s] %s: %s (%s)", word(it.Severity), where(it), shorten(title(it), 120), it.Incident)
	}
	worst, _ := tally(in.Items)
	head := fmt.Sprintf("[%s] %d incidents", word(worst), len(in.Items))
	switch {
	case in.Purpose == notification.PurposeUpdate:
		head = fmt.Sprintf("%d updates", len(in.Items))
	case in.Digest:
		return fmt.Sprintf("[%s] Rouse could not page you until %s: %d incidents", word(worst), in.clock(in.CreatedAt), len(in.Items))
	}
	return head + ": " + services(in.Items, 3, 40)
}

// page is what an email shows.
type page struct {
	Lead   string // above all incidents; may be empty
	All    string // URL that acknowledges all of several; may be empty
	AllOf  string // how many that are
	Items  []entry
	More   string // about those that are not among Items; may be empty
	Hint   string // how to answer by mail; may be empty
	Footer string
}

// entry is what an email shows of one incident.
type entry struct {
	First   string // "UNACKNOWLEDGED 3 min · Ben is called at 03:27"
	Heading string // "CRIT payments prod"
	Title   string
	Color   string
	Ack     string // URL; may be empty
	Resolve string // URL; may be empty
	Open    string // URL; may be empty
	Runbook string // URL; may be empty
	Facts   []notification.Label
	Labels  []notification.Label
}

func (in Input) page() page {
	p := page{Footer: "Sent by Rouse"}
	if h := in.host(); h != "" {
		p.Footer += " at " + h
	}
	if t, ok := in.test(); ok {
		p.Lead = t
		return p
	}
	var lead []string
	if in.MayRepeat {
		lead = append(lead, "You may have had this message before: it is not known whether an earlier attempt arrived.")
	}
	if in.Digest {
		lead = append(lead, "Rouse could not page you until "+in.clock(in.CreatedAt)+". "+in.digestCounts()+".")
	}
	p.Lead = strings.Join(lead, " ")
	items := in.Items
	if len(items) > 1 {
		items = worstFirst(items)
		p.All, p.AllOf = in.answer(in.Answers.Whole), plural(len(items), "incident", "incidents")
	}
	if in.replies() {
		p.Hint = "Or answer this mail with one word: ack, pass or resolve."
	}
	for _, it := range items[:min(len(items), maxEntries)] {
		p.Items = append(p.Items, in.entry(it, len(items) == 1))
	}
	if n := len(items) - maxEntries; n > 0 {
		p.More = plural(n, "more incident, no worse than these", "more incidents, no worse than these")
	}
	return p
}

// entry has the labels only where there is room: in a message about one incident.
func (in Input) entry(it notification.Item, alone bool) entry {
	e := entry{
		First: in.first(it), Heading: word(it.Severity) + " " + where(it), Title: title(it), Color: colors[it.Severity.Rank()],
		Ack: in.answer(in.Answers.Of[it.Incident]), Open: in.link(it), Runbook: runbook(it),
		Facts: []notification.Label{
			{Name: "Incident", Value: it.Incident.String()},
			{Name: "Since", Value: in.moment(it.Since)},
			{Name: "Alerts", Value: fmt.Sprint(max(it.Alerts, 1))},
		},
	}
	if e.Ack != "" {
		e.Resolve = e.Ack + "?do=resolve"
	}
	if it.Why != "" {
		e.Facts = append(e.Facts, notification.Label{Name: "Why you", Value: clean(it.Why, maxText)})
	}
	if !alone {
		return e
	}
	for _, l := range it.Labels[:min(len(it.Labels), maxLabels)] {
		e.Labels = append(e.Labels, notification.Label{Name: clean(l.Name, 80), Value: clean(l.Value, maxValue)})
	}
	if n := len(it.Labels) - maxLabels; n > 0 {
		e.Labels = append(e.Labels, notification.Label{Name: "…", Value: plural(n, "more label", "more labels")})
	}
	return e
}

func (in Input) moment(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return in.local(t).Format("Mon 2 Jan 2006 15:04 MST")
}

// first says where the incident stands and what comes next.
func (in Input) first(it notification.Item) string {
	if in.Purpose == notification.PurposeUpdate {
		return what(it, maxText)
	}
	var s string
	switch it.Status {
	case "open":
		s = "UNACKNOWLEDGED " + long(in.CreatedAt.Sub(it.Since))
	default:
		s = strings.ToUpper(clean(it.Status, 20))
	}
	if it.Next == "" || it.NextAt.IsZero() {
		return s
	}
	who, verb := clean(it.Next, maxText), "is"
	if strings.Contains(who, ", ") {
		verb = "are"
	}
	return fmt.Sprintf("%s · %s %s called at %s", s, who, verb, in.clock(it.NextAt))
}

func (p page) text() string {
	var b strings.Builder
	if p.Lead != "" {
		fmt.Fprintf(&b, "%s\n\n", p.Lead)
	}
	if p.All != "" {
		fmt.Fprintf(&b, "Acknowledge these %s: %s\n\n", p.AllOf, p.All)
	}
	for i, e := range p.Items {
		if i > 0 {
			b.WriteString("\n----\n\n")
		}
		e.text(&b)
	}
	if p.More != "" {
		fmt.Fprintf(&b, "\n----\n\nAnd %s.\n", p.More)
	}
	if p.Hint != "" {
		fmt.Fprintf(&b, "\n%s\n", p.Hint)
	}
	fmt.Fprintf(&b, "\n-- \n%s\n", p.Footer)
	return b.String()
}

func (e entry) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s\n\n%s: %s\n", e.First, e.Heading, e.Title)
	if e.Ack+e.Open+e.Runbook != "" {
		b.WriteByte('\n')
	}
	for _, l := range []notification.Label{
		{Name: "Acknowledge", Value: e.Ack}, {Name: "Open", Value: e.Open}, {Name: "Runbook", Value: e.Runbook}, {Name: "Resolve", Value: e.Resolve},
	} {
		if l.Value != "" {
			fmt.Fprintf(b, "%s: %s\n", l.Name, l.Value)
		}
	}
	b.WriteByte('\n')
	for _, f := range e.Facts {
		fmt.Fprintf(b, "%s: %s\n", f.Name, f.Value)
	}
	if len(e.Labels) > 0 {
		b.WriteString("\nLabels of the first alert:\n")
	}
	for _, l := range e.Labels {
		fmt.Fprintf(b, "  %s = %s\n", l.Name, l.Value)
	}
}
