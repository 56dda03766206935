package text

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Answered is what came of somebody's answer to a message.
type Answered struct {
	Deed  notification.Deed
	Done  []Done
	Until time.Time      // of a snooze
	Zone  *time.Location // of who answered; nil is UTC
	Now   time.Time
}

// Done is what came of one incident.
type Done struct {
	Incident id.Incident
	Service  string
	Severity alert.Severity
	Status   string // as it stands now
	Changed  bool
	Owner    string // who has acknowledged it; may be empty
	Mine     bool   // that is who answered
	At       time.Time
	Refused  string // why nothing was done, in words; "": it was, or there was nothing to do
}

// deedWords are how each deed is said of what is done and of what is not, and its key, where it has one.
func deedWords(d notification.Deed) (did, not, key string) {
	switch d { //nolint:exhaustive // the others are about no incident
	case notification.DeedPassOn:
		return "Passed on", "NOT PASSED ON", "2"
	case notification.DeedResolve:
		return "Resolved", "NOT RESOLVED", "9"
	case notification.DeedSnooze:
		return "Snoozed", "NOT SNOOZED", ""
	case notification.DeedEscalate:
		return "Escalated", "NOT ESCALATED", ""
	case notification.DeedNote:
		return "Noted on", "NOT NOTED", ""
	}
	return "Acked", "NOT ACKED", "1"
}

// Reply says what came of an answer: "Acked #4821 payments 03:16. You own it."
func Reply(a Answered) string {
	var parts []string
	var changed []Done
	for _, d := range a.Done {
		if d.Changed {
			changed = append(changed, d)
		}
	}
	if len(changed) > 0 {
		parts = append(parts, a.done(changed))
	}
	others := map[string][]Done{}
	var order []string
	for _, d := range a.Done {
		if d.Changed {
			continue
		}
		why := a.why(d)
		if others[why] == nil {
			order = append(order, why)
		}
		others[why] = append(others[why], d)
	}
	for _, why := range order {
		parts = append(parts, names(others[why])+" "+why+".")
	}
	if len(changed) == 0 {
		parts = append(parts, "Nothing to do.")
	}
	return strings.Join(parts, " ")
}

func (a Answered) done(changed []Done) string {
	did, _, _ := deedWords(a.Deed)
	s := did + " " + names(changed)
	if len(changed) == 1 {
		if n := clean(changed[0].Service, 40); n != "" {
			s += " " + n
		}
	}
	s += " " + a.clock(a.Now)
	switch a.Deed { //nolint:exhaustive // the others are about no incident
	case notification.DeedAcknowledge:
		return s + ". You own " + itThem(len(changed)) + "."
	case notification.DeedPassOn, notification.DeedEscalate:
		return s + ". The next level is called now."
	case notification.DeedSnooze:
		return s + " until " + a.clock(a.Until) + "."
	}
	return s + "."
}

func itThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// why says why nothing changed.
func (a Answered) why(d Done) string {
	at := ""
	if !d.At.IsZero() {
		at = " " + a.clock(d.At)
	}
	switch {
	case d.Status == "resolved":
		return "already resolved" + at
	case d.Refused != "":
		return "refused: " + strings.TrimRight(clean(d.Refused, maxText), ".")
	case d.Mine:
		return "already acked by you"
	case d.Owner != "":
		return "already acked by " + clean(d.Owner, 40) + at
	}
	return "is " + d.Status + " already"
}

func (a Answered) clock(t time.Time) string {
	in := Input{Zone: a.Zone}
	in.CreatedAt = a.Now
	return in.clock(t)
}

// mostNames is how many incidents a reply names one by one.
const mostNames = 5

func names(list []Done) string {
	var out []string
	for _, d := range list {
		if n := d.Incident.String(); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	if len(out) <= mostNames {
		return strings.Join(out, ", ")
	}
	return plural(len(out), "incident", "incidents") + " (" + out[0] + " … " + out[len(out)-1] + ")"
}

// NotSaved says that an answer was not kept. known: it surely was not; else nobody can say.
func NotSaved(d notification.Deed, known bool) string {
	_, not, _ := deedWords(d)
	if !known {
		return "NOT KNOWN whether it is saved: the database did not say. Escalation may continue."
	}
	return not + ": could not save. Escalation continues."
}

// Again says by what key to try again where there are keys.
func Again(d notification.Deed) string {
	_, _, key := deedWords(d)
	return " Reply " + key + " again."
}

// NotTold says of which incidents that somebody named no message told them.
func NotTold(named []id.Incident) string {
	list := make([]Done, len(named))
	for i, n := range named {
		list[i].Incident = n
	}
	return "No message told you of " + names(list) + "."
}

// Expired says that what somebody answered is too old, or of what they named no message told them, and what waits for
// them now.
func Expired(named []id.Incident, yours []Done) string {
	old := "That code expired."
	if len(named) > 0 {
		old = NotTold(named)
	}
	if len(yours) == 0 {
		return old + " Nothing of yours is open."
	}
	var list []string
	for _, d := range yours {
		list = append(list, fmt.Sprintf("%s %s %s", d.Incident, clean(d.Service, 40), word(d.Severity)))
	}
	return fmt.Sprintf("%s Yours now: %s. Reply ack %d to ack.", old, strings.Join(list, ", "), yours[0].Incident)
}

// Of other answers.
const (
	ReplyHow     = "Not understood, nothing changed. Reply 1 to ack, 2 to pass on, 9 to resolve, or ack 42 for one incident."
	ReplyNothing = "No message was sent to you in the last week: there is nothing to answer."
	ReplyUnknown = "This number is not known here. Nothing changed."
)

// ReplySMS is a reply as one SMS.
func ReplySMS(words string) string { return cutGSM(gsm(words), segment) }
