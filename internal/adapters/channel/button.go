package channel

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
)

// Button is something that a message in a chat offers to do.
type Button struct {
	Label string
	Do    string // ASCII, at most 48 characters: "acknowledge 4821", "snooze 60 4821", "acknowledge code 1xq…"
}

const byCode = "code"

// Buttons are what can be done about a message as things stand. One about several incidents is answered whole, by its code.
func Buttons(in text.Input) []Button {
	if in.Purpose == notification.PurposeTest || len(in.Items) == 0 {
		return nil
	}
	if len(in.Items) > 1 {
		if in.Answers.Whole == "" {
			return nil
		}
		of := " " + byCode + " " + in.Answers.Whole
		return []Button{{fmt.Sprintf("Acknowledge all %d", len(in.Items)), string(notification.DeedAcknowledge) + of}, {"Pass on", string(notification.DeedPassOn) + of}}
	}
	of := " " + strconv.FormatInt(int64(in.Items[0].Incident), 10)
	rest := []Button{
		{"Resolve", string(notification.DeedResolve) + of}, {"Snooze 1 h", string(notification.DeedSnooze) + " 60" + of},
		{"Escalate now", string(notification.DeedEscalate) + of},
	}
	switch in.Items[0].Status {
	case "open":
		return append([]Button{{"Acknowledge", string(notification.DeedAcknowledge) + of}, {"Pass on", string(notification.DeedPassOn) + of}}, rest...)
	case "acknowledged":
		return rest
	}
	return nil
}

// Asked is what a button, or somebody's words, ask for.
type Asked struct {
	Deed notification.Deed
	Code string        // of a message that is answered whole
	Of   []id.Incident // else these
	For  time.Duration // of a snooze
	Note string
}

// ReadButton reads what a Button does; false: it is none of ours.
func ReadButton(do string) (Asked, bool) {
	words := strings.Split(do, " ")
	if len(words) < 2 {
		return Asked{}, false
	}
	a := Asked{Deed: notification.Deed(words[0])}
	words = words[1:]
	switch {
	case a.Deed == notification.DeedSnooze:
		minutes, err := strconv.ParseUint(words[0], 10, 16)
		if err != nil || minutes == 0 {
			return Asked{}, false
		}
		a.For, words = time.Duration(minutes)*time.Minute, words[1:]
	case a.Deed.Answers() && len(words) == 2 && words[0] == byCode:
		a.Code = words[1]
		return a, true
	case !a.Deed.Answers() && a.Deed != notification.DeedEscalate:
		return Asked{}, false
	}
	if len(words) != 1 {
		return Asked{}, false
	}
	n, err := strconv.ParseInt(words[0], 10, 64)
	a.Of = []id.Incident{id.Incident(n)}
	return a, err == nil && n > 0
}
