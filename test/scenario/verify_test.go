package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
		24: {`DELETE FROM timer WHERE kind = 'doubt'`, "its timer doubt has no row"},
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
			SELECT opened_at, incident, seq, at, kind, '', '', '', 4, at, at FROM timeline WHERE incident = 34 AND seq IN (1, 4)`, "incident #34: its history has 5 entries under 3 numbers, 1 to 5"},
		36: {``, "incident #20: the delivery "},
	}
}

func TestVerifyFindsEachDamage(t *testing.T) {
	t.Parallel()
	slow := strings.ReplaceAll(twoPeople, "rules: {high: [{contact: phone}, {contact: mail}]", "rules: {high: [{contact: phone}, {after: 2h, contact: mail}]")
	tell(t, slow, func(s *story) {
		for i := range len(damages()) - 1 {
			s.fire("Down", fmt.Sprintf("service=s%d", i+1), "severity=critical")
			s.forward(61 * time.Second) // a message each
		}
		s.ack(ben, 16)
		s.say(ben, "resolved", 21)
		again := s.alert("Down", "service=s24", "severity=critical")
		s.send(s.over("Down", "service=s24", "severity=critical"))
		equal(s, "the outcome", s.send(again)[0].Outcome, "doubtful")
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
