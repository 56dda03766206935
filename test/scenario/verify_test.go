package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/wire"
)

// damages are what can go wrong in a database, each in an incident of its own, and the words that must be found.
func damages() []struct{ sql, words string } {
	return []struct{ sql, words string }{
		1:  {`DELETE FROM listing WHERE number = 1`, "incident #1: 0 rows of lists"},
		2:  {`UPDATE listing SET status = 2 WHERE number = 2`, `incident #2: lists show it otherwise than it is: the status is "resolved" there and "open" in truth`},
		3:  {`DELETE FROM timer WHERE incident = 3`, "incident #3: the timer escalate that it plans for 2026-03-02 1"},
		4:  {`UPDATE timer SET generation = generation + 7 WHERE incident = 4`, "has no row of its generation: nothing would bring it up"},
		5:  {`INSERT INTO timer (incident, kind, subject, generation, due_at) VALUES (5, 'look', '', 99, 1)`, "incident #5: there is a row of a timer look"},
		6:  {`UPDATE incident SET seq = seq + 1 WHERE number = 6`, "incident #6: its history has"},
		7:  {`DELETE FROM timeline WHERE incident = 7 AND seq = 2`, "incident #7: its history has"},
		8:  {`UPDATE alert SET incident = 8 WHERE incident = 9`, "incident #8: it says that 1 alerts ever belonged to it, and 2 do"},
		9:  {``, "incident #9: it counts 1 alerts of severity critical that fire, and 0 do"},
		10: {`UPDATE alert SET firing = FALSE WHERE incident = 10`, "incident #10: it does not fire, and there is no moment at which it ended"},
		11: {`DELETE FROM page WHERE incident = 11`, "of a page that does not exist"},
		12: {`UPDATE delivery SET message = '' WHERE incident = 12 AND status <> 'waiting'`, "without a message"},
		13: {`DELETE FROM delivery WHERE incident = 13`, "which does not exist"},
		14: {`UPDATE incident SET core = '{' WHERE number = 14`, "incident #14: it cannot be read"},
		15: {`UPDATE incident SET status = 2 WHERE number = 15`, "incident #15: it is resolved, and there is no moment at which it was"},
		16: {`UPDATE incident SET acked_at = 0 WHERE number = 16`, "incident #16: it is acknowledged, and there is no moment at which it was"},
		17: {`DELETE FROM lane WHERE lane IN (SELECT lane FROM delivery WHERE incident = 17 AND status = 'waiting')`, "incident #17: what waits for the contact "},
		18: {`DELETE FROM incident WHERE number = 18`, "belongs to incident #18, which does not exist"},
		19: {`UPDATE message SET status = 'sending', lease_until = 0 WHERE id IN (SELECT message FROM delivery WHERE incident = 19)`, "it is sending, and nobody will look at it again"},
		20: {`UPDATE message SET deliveries = '[]' WHERE id IN (SELECT message FROM delivery WHERE incident = 20)`, "it is made of no deliveries"},
		21: {`DELETE FROM timer WHERE incident = 21`, "incident #21: the timer grace that it plans for "},
		22: {`UPDATE delivery SET status = 'sending' WHERE incident = 22 AND status <> 'waiting'`, "are being sent still"},
		23: {`UPDATE correlation SET incident = 9999 WHERE incident = 23`, "belongs to incident #9999, and there is none"},
		24: {`DELETE FROM timer WHERE kind = 'doubt' AND subject IN (SELECT integration || '/' || fingerprint FROM alert WHERE incident = 24)`, "its timer doubt has no row"},
		25: {`UPDATE incident SET assignee_kind = 'user', assignee_name = 'Eve' WHERE number = 25`, "incident #25: it is open, and Eve has it"},
		26: {`UPDATE delivery SET message = 'x' WHERE incident = 26 AND status = 'waiting'`, "waits, and is part of the message x"},
		27: {`UPDATE alert SET labels = '{' WHERE incident = 27`, "it cannot be read"},
		28: {`UPDATE timeline SET opened_at = opened_at + 1 WHERE incident = 28`, "belongs to incident #28, and there is none that was opened then"},
		29: {`UPDATE message SET status = 'accepted', sent_at = 0, provider_id = '' WHERE id IN (SELECT message FROM delivery WHERE incident = 29)`, "it is accepted, and was never sent"},
		30: {`UPDATE listing SET status = 9 WHERE number = 30`, "incident #30: its row of lists cannot be read: unknown status 9"},
		31: {`DELETE FROM message WHERE id IN (SELECT message FROM delivery WHERE incident = 31)`, "incident #31: the delivery "},
		32: {`UPDATE delivery SET status = 'sending' WHERE incident = 31`, "is sending without a message"},
		33: {`DELETE FROM timer WHERE incident = 31`, "incident #31: it is open, without a timer and without anything to be sent"},
		34: {`DELETE FROM timeline WHERE incident = 34 AND seq IN (2, 3)`, "incident #34: its history has"},
		// As many again, which add up to the same.
		35: {`INSERT INTO alert_history (opened_at, incident, seq, at, kind, integration, fingerprint, name, severity, start_at, began_at)
			SELECT opened_at, incident, seq, at, kind, '', '', '', 4, at, at FROM timeline WHERE incident = 34 AND seq IN (1, 4)`, "incident #34: its history has 8 entries under 6 numbers, 1 to 8"},
		36: {``, "incident #20: the delivery "},
		37: {`UPDATE timer SET due_at = due_at + 31536000000000 WHERE incident = 37 AND kind = 'escalate'`, "incident #37: the timer escalate that it plans for 2026-03-02 11:06:36 UTC would be brought up at 2027-03-02"},
		38: {`UPDATE timer SET due_at = due_at - 31536000000000 WHERE incident = 38 AND kind = 'escalate'`, "would be brought up at 2025-03-02"},
		39: {`UPDATE lane SET next_at = next_at + 31536000000000 WHERE lane IN (SELECT lane FROM delivery WHERE incident = 39 AND status = 'waiting')`,
			"is not looked at before 2027-03-02"},
		40: {`DELETE FROM escalation_policy WHERE name = 'gone'`, "of the service s40 does not exist: the default policy pages for it"},
		41: {`DELETE FROM user_account WHERE name = 'eve@example.org'`, "incident #41: Eve acknowledged it and does not exist any more"},
		42: {`DELETE FROM user_account WHERE name = 'fay@example.org'`, "which does not exist any more: it cannot be sent"},
		43: {`DELETE FROM delivery WHERE incident = 43 AND status = 'waiting'`, "incident #43: the page to Ana (round 1, pass 1, level 1) has lost the delivery that was planned for 2026-03-02"},
		44: {`DELETE FROM delivery WHERE incident = 44 AND step = 0`, "incident #44: the page to Ana (round 1, pass 1, level 1) has lost the delivery of step 1 of their rules"},
		45: {``, "incident #13: the page to Ana (round 1, pass 1, level 1) has no delivery: nothing was sent, and nothing will be"},
		46: {`UPDATE delivery SET due_at = due_at + 31536000000000, expires_at = expires_at + 31536000000000 WHERE incident = 46 AND status = 'waiting'`,
			"waits until 2027-03-02"},
		47: {`UPDATE delivery SET expires_at = due_at - 1 WHERE incident = 47 AND status = 'waiting'`, "and is too old to be sent from 2026-03-02"},
		48: {`UPDATE delivery SET status = 'gone' WHERE incident = 48 AND status = 'waiting'`, `has the status "gone", which is none`},
		49: {`UPDATE message SET status = 'lost' WHERE id IN (SELECT message FROM delivery WHERE incident = 49)`, `its status is "lost", which is none`},
		50: {`UPDATE message SET status = 'retrying', next_at = lease_until + 5, look_at = 0 WHERE id IN (SELECT message FROM delivery WHERE incident = 50)`,
			"it is retrying, to be looked at again at 1970-01-01 00:00:00 UTC, and would be at no time"},
		51: {`UPDATE timer SET due_at = due_at + 31536000000000 WHERE kind = 'doubt' AND subject IN (SELECT integration || '/' || fingerprint FROM alert WHERE incident = 51)`,
			", incident #51: its timer doubt, planned for 2026-03-02"},
		52: {`UPDATE timer SET generation = generation + 1 WHERE kind = 'doubt' AND subject IN (SELECT integration || '/' || fingerprint FROM alert WHERE incident = 52)`,
			"has a row of another moment: nothing would come of it"},
		53: {`UPDATE timer SET due_at = due_at + 63072000000000 WHERE incident = 53 AND kind = 'grace'`, "would be brought up at 2028-03-01"},
		54: {``, "incident #11: the page to Ana (round 1, pass 1, level 1) is known to the incident, and is not there"},
		55: {`UPDATE delivery SET purpose = 'fun' WHERE incident = 55 AND status = 'waiting'`, `has the purpose "fun", which is none`},
		56: {``, "incident #40: it escalates by the policy "},
	}
}

// slowMail: who is paged has an SMS at once and a mail two hours later, which waits until then.
func slowMail() string {
	return strings.ReplaceAll(twoPeople, "rules: {high: [{contact: phone}, {contact: mail}]", "rules: {high: [{contact: phone}, {after: 2h, contact: mail}]")
}

func TestVerifyFindsEachDamage(t *testing.T) {
	t.Parallel()
	more := `
  - {email: dora@example.org, name: Dora, contacts: [{name: phone, kind: sms, to: "+34600000004"}, {name: mail, kind: email, to: dora@example.org}],
     rules: {high: [{contact: phone}, {after: 2h, contact: mail}]}}
  - {email: eve@example.org, name: Eve, role: responder, contacts: [{name: mail, kind: email, to: eve@example.org}]}
  - {email: fay@example.org, name: Fay, contacts: [{name: phone, kind: sms, to: "+34600000005"}, {name: mail, kind: email, to: fay@example.org}],
     rules: {high: [{contact: phone}, {after: 2h, contact: mail}]}}
services:
  - {name: s39, escalation_policy: late}
  - {name: s40, escalation_policy: gone}
  - {name: s42, escalation_policy: fay}
escalation_policies:
  - {name: late, levels: [{ack_timeout: 3h, targets: [{user: dora@example.org}]}]}
  - {name: gone, levels: [{ack_timeout: 3h, targets: [{user: dora@example.org}]}]}
  - {name: fay, levels: [{ack_timeout: 3h, targets: [{user: fay@example.org}]}]}`
	tell(t, strings.Replace(slowMail(), "\nescalation_policies:", more, 1), func(s *story) {
		for i := range len(damages()) - 1 {
			s.fire("Down", fmt.Sprintf("service=s%d", i+1), "severity=critical")
			s.forward(61 * time.Second) // a message each
		}
		s.ack(ben, 16)
		s.ack("eve@example.org", 41)
		s.say(ben, "resolved", 21)
		s.say(ben, "resolved", 53)
		for _, service := range []string{"service=s24", "service=s51", "service=s52"} {
			again := s.alert("Down", service, "severity=critical")
			s.send(s.over("Down", service, "severity=critical"))
			equal(s, "the outcome", s.send(again)[0].Outcome, "doubtful")
		}
		healthy, err := wire.Verify(t.Context(), s.config.DatabaseURL)
		if err != nil || healthy.Found > 0 {
			s.t.Fatalf("before any damage: %v, %v", err, healthy.Findings)
		}
		for _, c := range healthy.Checked {
			if c.N == 0 {
				s.t.Errorf("no %s were looked at", c.What)
			}
		}
		s.damaged = true
		for n, d := range damages() {
			if d.sql == "" {
				continue
			}
			res, err := s.db.ExecContext(t.Context(), d.sql)
			if err != nil {
				s.t.Fatalf("%s: %v", d.sql, err)
			}
			if changed, err := res.RowsAffected(); err != nil || changed == 0 {
				s.t.Fatalf("damage %d changes nothing: %s", n, d.sql)
			}
		}
		report, err := wire.Verify(context.Background(), s.config.DatabaseURL)
		if err != nil {
			s.t.Fatal(err)
		}
		for n, d := range damages() {
			if !slices.ContainsFunc(report.Findings, func(f string) bool { return strings.Contains(f, d.words) }) {
				s.t.Errorf("damage %d is not found: no finding says %q\n%s", n, d.words, strings.Join(report.Findings, "\n"))
			}
		}
	})
}

// A database in the middle of anything has no finding: what waits, was put off, caught up with, merged or brought back is
// as it must be.
func TestABusyLifeHasNoFinding(t *testing.T) {
	t.Parallel()
	tell(t, slowMail(), func(s *story) {
		rng := rand.New(rand.NewPCG(20260302, 1))
		one := func() int64 { return 1 + rng.Int64N(max(1, int64(s.rows("incident")))) }
		alert := func() (string, []string) {
			severity := []string{"critical", "error", "warning", "info"}[rng.IntN(4)]
			return fmt.Sprint("A", rng.IntN(3)), []string{fmt.Sprint("service=s", rng.IntN(8)), "severity=" + severity}
		}
		work := func(verb string, body map[string]any) { // much of which is refused, as it may be
			s.request([]string{ana, ben}[rng.IntN(2)], "POST", fmt.Sprintf("/api/v1/incidents/%d/%s", one(), verb), body)
		}
		acts := []func(){
			func() {
				for range 20 { // a storm
					name, labels := alert()
					s.send(s.alert(name, labels...))
				}
			},
			func() { name, labels := alert(); s.send(s.alert(name, labels...)) },
			func() { name, labels := alert(); s.send(s.over(name, labels...)) },
			func() {
				name, labels := alert()
				a := s.alert(name, labels...)
				s.send(s.over(name, labels...))
				s.send(a)
			},
			func() {
				s.request(ana, "POST", "/resolve", map[string]any{"ids": []int64{one(), one()}, "status": "acknowledged"})
			},
			func() {
				s.request(ben, "POST", "/resolve", map[string]any{"ids": []int64{one()}, "status": "resolved"})
			},
			func() { work("snooze", map[string]any{"minutes": 60}) },
			func() { work("pass-on", map[string]any{}) },
			func() { work("take-over", map[string]any{}) },
			func() { work("reopen", map[string]any{}) },
			func() { work("escalate", map[string]any{}) },
			func() { work("merge", map[string]any{"with": []int64{one(), one()}}) },
			func() {
				s.sms.Script([]channeltest.Reply{channeltest.Refuse(), channeltest.Unavailable(), channeltest.AcceptThenDrop()}[rng.IntN(3)])
			},
			func() { s.restart() },
			func() { s.jump(2 * time.Hour) }, // and nobody works
			func() { s.pass(s.clock.Now().Add(time.Duration(rng.IntN(90)) * time.Second)) },
			func() { s.forward(time.Duration(rng.IntN(20)) * time.Minute) },
			func() { s.forward(time.Duration(rng.IntN(4)) * time.Hour) },
		}
		whole := func(after int) {
			if report, err := wire.Verify(t.Context(), s.config.DatabaseURL); err != nil || report.Found > 0 {
				s.t.Fatalf("after act %d: %v, %v", after, err, report.Findings)
			}
		}
		s.sms.Script(channeltest.Refuse())
		s.fire("A0", "service=s0", "severity=critical") // whose mail comes at once, then
		whole(-1)
		for range 120 {
			n := rng.IntN(len(acts))
			acts[n]()
			whole(n)
			if rng.IntN(3) == 0 {
				s.settle()
			}
		}
		for _, table := range []string{"incident", "delivery", "message", "timer", "merged", "alert"} {
			if s.rows(table) == 0 {
				t.Errorf("%d rows of %s: that is no busy life", s.rows(table), table)
			}
		}
	})
}
