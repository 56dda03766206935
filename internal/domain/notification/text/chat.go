package text

import (
	"regexp"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Markup is how a chat with links and bold text writes them. Its functions take what Plain has written.
type Markup struct {
	Style
	Bold func(s string) string
	Link func(label, url string) string
}

// Chat is the message in paragraphs, the first one what it is about; at most this many incidents are told of, worst
// first. What is about one incident ends with its number.
func Chat(in Input, m Markup, most int) []string {
	if t, ok := in.test(); ok {
		return []string{m.Plain(t)}
	}
	if m.Clock == nil {
		m.Clock = in.zoned
	}
	repeat := ""
	if in.MayRepeat {
		repeat = "(may repeat) "
	}
	if len(in.Items) == 1 {
		return []string{repeat + in.chatted(in.Items[0], m)}
	}
	out := []string{m.Plain(Line(in))}
	list := worstFirst(in.Items)
	for _, it := range list[:min(most, len(list))] {
		out = append(out, in.chatted(it, m))
	}
	if more := len(list) - most; more > 0 {
		return append(out, "and "+plural(more, "more", "more")+".")
	}
	return append(out, plural(len(list), "incident", "incidents")+".")
}

// chatted is what is true of one incident, in two lines.
func (in Input) chatted(it notification.Item, m Markup) string {
	p := Post(in, it, m.Style)
	s := sign(it) + " " + m.Bold(p.Severity) + " " + p.Head + "\n"
	for _, f := range p.Facts[:len(p.Facts)-1] {
		s += f + " · "
	}
	if p.Runbook != "" {
		s += m.Link("Runbook", p.Runbook) + " · "
	}
	if n := p.Facts[len(p.Facts)-1]; p.Link != "" {
		return s + m.Link(n, p.Link)
	}
	return s + it.Incident.String()
}

func sign(it notification.Item) string {
	switch {
	case it.Status == "resolved":
		return "✅"
	case it.Status == "acknowledged":
		return "⚪"
	case it.Severity.Above(alert.Warning()):
		return "🔴"
	case it.Severity == alert.Warning():
		return "🟡"
	}
	return "🔵"
}

// zoned is a clock's time with its zone: whoever reads a group may be anywhere.
func (in Input) zoned(t time.Time) string { return in.clock(t) + " " + in.local(t).Format("MST") }

// mention is what chats tell people by: a name after an @ that begins a word.
var mention = regexp.MustCompile(`(^|[^\w.+-])@([\w&!])`)

// NoMention makes names that would tell people look like themselves, and tell nobody.
func NoMention(s string) string { return mention.ReplaceAllString(s, "$1＠$2") }
