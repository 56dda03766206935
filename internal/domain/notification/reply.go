package notification

import (
	"strconv"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Deed is what somebody does by answering a message.
type Deed string

// The deeds. Stop and Start are about the contact itself, not about an incident.
const (
	DeedAcknowledge Deed = "acknowledge"
	DeedPassOn      Deed = "pass_on"
	DeedResolve     Deed = "resolve"
	DeedSnooze      Deed = "snooze"   // this and the next two are said by buttons only
	DeedEscalate    Deed = "escalate" // now
	DeedNote        Deed = "note"
	DeedStop        Deed = "stop"
	DeedStart       Deed = "start"
)

// Answers says whether the deed is about incidents and says all by itself.
func (d Deed) Answers() bool { return d == DeedAcknowledge || d == DeedPassOn || d == DeedResolve }

// Reply is what somebody wrote back.
type Reply struct {
	Deed    Deed
	Numbers []id.Incident // that they named; none: all that the message listed
}

// maxReply is how much of a text is looked at, in bytes; who writes more than that writes no key.
const maxReply = 200

// ParseReply reads "1", "ack 42", "2", "9 #42, #43", "STOP". False: it is none of them. Nothing is guessed: who writes
// more than that is asked again.
func ParseReply(text string) (Reply, bool) {
	if len(text) > maxReply {
		return Reply{}, false
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return strings.ContainsRune(" \t\r\n\u00a0,;.:!#\"'", r)
	})
	if len(words) == 0 {
		return Reply{}, false
	}
	d, ok := deedOf(words[0])
	rest := words[1:]
	if d == DeedPassOn && len(rest) > 0 && rest[0] == "on" {
		rest = rest[1:]
	}
	if !ok || len(rest) > 0 && !d.Answers() {
		return Reply{}, false
	}
	out := Reply{Deed: d}
	for _, w := range rest {
		if w == "and" || w == "&" || w == "+" {
			continue
		}
		n, err := strconv.ParseInt(w, 10, 64)
		if err != nil || n < 1 {
			return Reply{}, false
		}
		out.Numbers = append(out.Numbers, id.Incident(n))
	}
	return out, true
}

// deedOf knows the keys, and the words that carriers say stop and go on.
func deedOf(word string) (Deed, bool) {
	switch word {
	case "1", "ack", "acknowledge", "acked":
		return DeedAcknowledge, true
	case "2", "pass":
		return DeedPassOn, true
	case "9", "resolve", "resolved":
		return DeedResolve, true
	case "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke":
		return DeedStop, true
	case "start", "unstop", "yes":
		return DeedStart, true
	}
	return "", false
}
