package channel

import (
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
)

// What a message offers is what is read, and nothing else is.
func TestButtons(t *testing.T) {
	t.Parallel()
	var in text.Input
	in.Items = []notification.Item{{Incident: 999999999999999999, Status: "open"}}
	in.Answers.Whole = "1xq3zzzzzzzzzzzzzzz"
	all := Buttons(in)
	in.Items[0].Status = "resolved"
	if len(all) != 5 || len(Buttons(in)) != 0 {
		t.Errorf("open %v, resolved %v", all, Buttons(in))
	}
	in.Items = append(in.Items, in.Items[0])
	all = append(all, Buttons(in)...)
	for _, b := range all {
		a, ok := ReadButton(b.Do)
		if !ok || len(b.Do) > 48 || (a.Code == "") == (len(a.Of) == 0) || a.Deed == notification.DeedSnooze && a.For == 0 {
			t.Errorf("%q is read as %+v, %v", b.Do, a, ok)
		}
	}
	for _, do := range []string{"", "acknowledge", "acknowledge 0", "acknowledge -1", "acknowledge 1 2", "snooze 1", "snooze 0 1", "snooze -5 1", "snooze 99999 1", "escalate code x", "note 1", "stop 1", "dance 1"} {
		if a, ok := ReadButton(do); ok {
			t.Errorf("%q is read as %+v", do, a)
		}
	}
}
