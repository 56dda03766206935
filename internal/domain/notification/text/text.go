// Package text says what messages say: SMS, email and the webhook's document, made from the facts of a message.
// The same message always gives the same text, so that a repeated attempt can be recognised at the provider.
package text

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Input is what a text is made from. A ports.Outgoing converts to it.
type Input struct {
	notification.Message
	Zone      *time.Location       // of the recipient; nil is UTC
	PublicURL string               // without a trailing slash; "" leaves links out
	Answers   notification.Answers // "" leaves what answers by them out
	Replies   bool                 // whether whoever gets it can write back
	Chosen    notification.Chosen

	Installation string // whose message it is, for programs
}

const (
	maxTitle = 200 // characters of a title where there is room
	maxValue = 200 // characters of a label's value
	maxText  = 500 // characters of what happened, and of reasons
)

var severityWords = [alert.Severities]string{"NONE", "INFO", "WARN", "ERROR", "CRIT"}

func word(s alert.Severity) string { return severityWords[s.Rank()] }

// clean makes one line of what came from outside: no control characters (line breaks become spaces), no
// invisible ones such as bidi overrides, no invalid UTF-8; at most max characters, the last one "…" if cut.
func clean(s string, limit int) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			gap = b.Len() > 0
		case r == utf8.RuneError, unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs):
		default:
			if gap {
				b.WriteByte(' ')
				gap = false
			}
			b.WriteRune(r)
		}
	}
	return shorten(b.String(), limit)
}

func shorten(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:limit-1]), " ") + "…"
}

// where is the service with its environment, without one that says nothing.
func where(it notification.Item) string {
	w := clean(it.Service, 80)
	if e := clean(it.Environment, 40); e != "" && e != "default" {
		w += " " + e
	}
	return w
}

func title(it notification.Item) string {
	if t := clean(it.Title, maxTitle); t != "" {
		return t
	}
	return "no title"
}

// link leads to the incident; "" where nobody knows our address.
func (in Input) link(it notification.Item) string {
	if in.PublicURL == "" {
		return ""
	}
	return in.PublicURL + "/i/" + strconv.FormatInt(int64(it.Incident), 10)
}

// answer leads to where a code is confirmed; "" where there is none.
func (in Input) answer(code string) string {
	if in.PublicURL == "" || code == "" {
		return ""
	}
	return in.PublicURL + "/a/" + code
}

// runbook is the item's runbook if a browser may be sent there.
func runbook(it notification.Item) string {
	r := clean(it.Runbook, 2000)
	if l := strings.ToLower(r); strings.HasPrefix(l, "https://") || strings.HasPrefix(l, "http://") {
		return r
	}
	return ""
}

func (in Input) local(t time.Time) time.Time {
	if in.Zone == nil {
		return t.UTC()
	}
	return t.In(in.Zone)
}

// clock is a moment as the recipient's clock shows it, with the day where it is not the message's own.
func (in Input) clock(t time.Time) string {
	l, now := in.local(t), in.local(in.CreatedAt)
	if l.YearDay() == now.YearDay() && l.Year() == now.Year() {
		return l.Format("15:04")
	}
	if l.Year() == now.Year() {
		return l.Format("2 Jan 15:04")
	}
	return l.Format("2 Jan 2006")
}

// long says how long ago something was, roughly.
func long(d time.Duration) string {
	switch m := int(d / time.Minute); {
	case m < 1:
		return "under 1 min"
	case m < 60:
		return fmt.Sprintf("%d min", m)
	case m < 48*60:
		if m%60 == 0 {
			return fmt.Sprintf("%d h", m/60)
		}
		return fmt.Sprintf("%d h %d min", m/60, m%60)
	default:
		return fmt.Sprintf("%d days", m/60/24)
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// worstFirst gives the items by severity, then age.
func worstFirst(items []notification.Item) []notification.Item {
	return slices.SortedStableFunc(slices.Values(items), func(a, b notification.Item) int {
		return cmp.Or(b.Severity.Rank()-a.Severity.Rank(), a.Since.Compare(b.Since), cmp.Compare(a.Incident, b.Incident))
	})
}

// services names up to most of the items' services, worst first, and says how many more there are.
func services(items []notification.Item, most, width int) string {
	var names []string
	for _, it := range worstFirst(items) {
		if n := clean(it.Service, width); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " +" + plural(len(names)-most, "service", "services")
}

// tally says how bad the worst of the items is, and how many are as bad.
func tally(items []notification.Item) (worst alert.Severity, asBad int) {
	for _, it := range items {
		if it.Severity.Above(worst) {
			worst, asBad = it.Severity, 0
		}
		if it.Severity == worst {
			asBad++
		}
	}
	return worst, asBad
}
