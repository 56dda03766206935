package text

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Spoken is what a call says, in sentences without markup.
type Spoken struct {
	Words   string // to a person: at most 12 s, without what may repeat an earlier call
	Else    string // to a person who presses no key; "" where none is asked for
	Machine string // to a voicemail, which cannot answer
}

// maxSpoken is how many words are said of what is wrong: with the keys around them they take less than 12 s.
const maxSpoken = 12

// Voice is the message as a call. keys says whether what is pressed is heard of.
func Voice(in Input, keys bool) Spoken {
	if t, ok := in.test(); ok {
		t = apart(t)
		return Spoken{Words: t + " Once more: " + t, Machine: t}
	}
	what := "Rouse. " + in.spokenHead() + in.spokenWhat()
	if in.Purpose != notification.PurposePage {
		return Spoken{Words: what, Machine: what}
	}
	s := Spoken{Else: in.spokenElse(), Machine: what + " Nobody has acknowledged it. This call takes no answer from a machine."}
	s.Words = what + " No key is heard in this call: answer in the app."
	if keys {
		s.Words = what + in.spokenKeys()
	}
	return s
}

func (in Input) spokenHead() string {
	h := ""
	if in.MayRepeat {
		h = "This may repeat an earlier call. "
	}
	if in.Digest {
		h += "Delayed. "
	}
	return h
}

// spokenWhat: Critical. Payments, prod. Error rate 12% on api-7, since 03:12.
func (in Input) spokenWhat() string {
	if len(in.Items) != 1 {
		worst, n := tally(in.Items)
		return fmt.Sprintf("%d incidents, %d %s: %s.", len(in.Items), n, worst, fewWords(services(in.Items, 3, 30)))
	}
	it := in.Items[0]
	s := capital(it.Severity.String()) + ". "
	if in.Purpose == notification.PurposeUpdate {
		s = sentence(what(it, maxTitle)) + " " + s
	}
	s += clean(it.Service, 40)
	if e := clean(it.Environment, 20); e != "" && e != "default" {
		s += ", " + e
	}
	s += ". " + fewWords(title(it))
	if !it.Since.IsZero() && in.Purpose == notification.PurposePage {
		s += ", since " + in.clock(it.Since)
	}
	return s + "."
}

// spokenKeys: Press 1 to acknowledge, 2 to pass it to Ben, star to repeat.
func (in Input) spokenKeys() string {
	if len(in.Items) != 1 {
		return fmt.Sprintf(" Press 1 to acknowledge these %d, 2 to pass them on, star to repeat.", len(in.Items))
	}
	pass := "on"
	if next := clean(in.Items[0].Next, 30); next != "" {
		pass = "to " + next
	}
	return " Press 1 to acknowledge, 2 to pass it " + pass + ", star to repeat."
}

// spokenElse: Not acknowledged. Ben is next at 03:27.
func (in Input) spokenElse() string {
	for _, it := range worstFirst(in.Items) {
		if next := clean(it.Next, 30); next != "" && !it.NextAt.IsZero() {
			return "Not acknowledged. " + next + " is next at " + in.clock(it.NextAt) + "."
		}
	}
	return "Not acknowledged. Escalation continues."
}

// fewWords cuts a text to what can be listened to.
func fewWords(s string) string {
	words := strings.Fields(clean(s, 80))
	if len(words) > maxSpoken {
		words = words[:maxSpoken]
	}
	return strings.TrimRight(strings.Join(words, " "), " ,.:;-…")
}

func sentence(s string) string { return capital(strings.TrimRight(s, ". ")) + "." }

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

var longNumber = regexp.MustCompile(`[0-9]{4,}`)

// apart writes the digits of long numbers one by one: nobody types two hundred and eighty thousand.
func apart(s string) string {
	return longNumber.ReplaceAllStringFunc(s, func(n string) string { return strings.Join(strings.Split(n, ""), ", ") })
}

// Of calls.
const (
	SpokenHow     = "Not understood, nothing changed. Press 1 to acknowledge, 2 to pass on, 9 to resolve, star to repeat."
	SpokenUnread  = "Rouse. Something is wrong, and its database does not say what. Press star to hear it again."
	SpokenGoodbye = "Escalation continues."
)

// spokenReply says in a call what is written elsewhere.
var spokenReply = strings.NewReplacer("#", "number ", "NOT ACKED", "Not acknowledged", "Acked", "Acknowledged", "acked", "acknowledged", "ack.", "acknowledge.", "Reply", "Press", "NOT", "Not")

// ReplyVoice is an answer to an answer, as a call says it.
func ReplyVoice(words string) string { return spokenReply.Replace(clean(words, maxText)) }

// PressAgain says by what key to try again.
func PressAgain(d notification.Deed) string {
	_, _, key := deedWords(d)
	return " Press " + key + " again."
}
