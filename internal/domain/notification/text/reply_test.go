package text

import (
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func TestReply(t *testing.T) {
	t.Parallel()
	acked := Done{Incident: 4821, Service: "payments", Severity: alert.Critical(), Status: "acknowledged", Changed: true, Owner: "Ana", Mine: true, At: at(3, 16)}
	same := func(change func(*Done)) Done { d := acked; change(&d); return d }
	bens := same(func(d *Done) { d.Changed, d.Mine, d.Owner, d.At = false, false, "Ben", at(3, 14) })
	many := []Done{}
	for n := range 14 {
		many = append(many, same(func(d *Done) { d.Incident = id.Incident(1 + n) }))
	}
	const ack, pass, resolve = notification.DeedAcknowledge, notification.DeedPassOn, notification.DeedResolve
	for name, c := range map[string]struct {
		deed notification.Deed
		done []Done
		want string
	}{
		"done":       {ack, []Done{acked}, "Acked #4821 payments 03:16. You own it."},
		"too late":   {ack, []Done{bens}, "#4821 already acked by Ben 03:14. Nothing to do."},
		"twice":      {ack, []Done{same(func(d *Done) { d.Changed = false })}, "#4821 already acked by you. Nothing to do."},
		"over":       {ack, []Done{same(func(d *Done) { d.Changed, d.Status, d.Refused = false, "resolved", "#4821 is resolved already" })}, "#4821 already resolved 03:16. Nothing to do."},
		"bundle":     {ack, many, "Acked 14 incidents (#1 … #14) 03:16. You own them."},
		"partly":     {ack, []Done{acked, bens, same(func(d *Done) { d.Incident = 7 })}, "Acked #4821, #7 03:16. You own them. #4821 already acked by Ben 03:14."},
		"passed on":  {pass, []Done{same(func(d *Done) { d.Status = "open" })}, "Passed on #4821 payments 03:16. The next level is called now."},
		"refused":    {pass, []Done{same(func(d *Done) { d.Changed, d.Refused = false, "it pages nobody." })}, "#4821 refused: it pages nobody. Nothing to do."},
		"resolved":   {resolve, []Done{same(func(d *Done) { d.Status = "resolved" })}, "Resolved #4821 payments 03:16."},
		"snoozed":    {notification.DeedSnooze, []Done{acked}, "Snoozed #4821 payments 03:16 until 04:16."},
		"escalated":  {notification.DeedEscalate, []Done{same(func(d *Done) { d.Status = "open" })}, "Escalated #4821 payments 03:16. The next level is called now."},
		"noted":      {notification.DeedNote, []Done{acked}, "Noted on #4821 payments 03:16."},
		"strange":    {ack, []Done{same(func(d *Done) { d.Service = "pay\r\nments" })}, "Acked #4821 pay ments 03:16. You own it."},
		"no service": {ack, []Done{same(func(d *Done) { d.Service = "" })}, "Acked #4821 03:16. You own it."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Reply(Answered{Deed: c.deed, Done: c.done, Zone: madrid, Now: at(3, 16), Until: at(4, 16)})
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			checkSMS(t, ReplySMS(got))
		})
	}
}

func TestRepliesWithoutASave(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		NotSaved(notification.DeedAcknowledge, true) + Again(notification.DeedAcknowledge): "NOT ACKED: could not save. Escalation continues. Reply 1 again.",
		NotSaved(notification.DeedPassOn, true) + Again(notification.DeedPassOn):           "NOT PASSED ON: could not save. Escalation continues. Reply 2 again.",
		NotSaved(notification.DeedResolve, false):                                          "NOT KNOWN whether it is saved: the database did not say. Escalation may continue.",
		Expired(nil, nil): "That code expired. Nothing of yours is open.",
		Expired(nil, []Done{{Incident: 4830, Service: "auth", Severity: alert.Critical()}}): "That code expired. Yours now: #4830 auth CRIT. Reply ack 4830 to ack.",
		Expired([]id.Incident{42, 43}, nil):                                                 "No message told you of #42, #43. Nothing of yours is open.",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
		checkSMS(t, ReplySMS(got))
	}
	checkSMS(t, ReplySMS(ReplyHow))
	checkSMS(t, ReplySMS(ReplyUnknown))
	checkSMS(t, ReplySMS(ReplyNothing))
}
