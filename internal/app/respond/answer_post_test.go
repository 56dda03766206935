package respond_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// A post is answered by whoever is linked, with every deed that it has a button for, each in words.
func TestAPostIsAnswered(t *testing.T) {
	t.Parallel()
	ana := respond.Presser{Kind: "slack", ID: "U1"}
	for name, c := range map[string]struct {
		by   respond.Presser
		deed notification.Deed
		note string
		says string
		kind fault.Kind
	}{
		"acknowledge": {ana, notification.DeedAcknowledge, "", "Acked #7 payments", fault.Kind{}},
		"resolve":     {ana, notification.DeedResolve, "", "Resolved #7 payments", fault.Kind{}},
		"snooze":      {ana, notification.DeedSnooze, "", "until", fault.Kind{}},
		"note":        {ana, notification.DeedNote, "looks like the pool", "Noted on #7 payments", fault.Kind{}},
		"empty note":  {ana, notification.DeedNote, " ", "a note needs a text", fault.Kind{}},
		"a stranger":  {respond.Presser{Kind: "slack", ID: "U9"}, notification.DeedAcknowledge, "", "nobody is known here", fault.KindForbidden},
		"nobody":      {respond.Presser{}, notification.DeedAcknowledge, "", "nobody is known here", fault.KindForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReplying(t)
			r.link(t, "ana", "slack", "U1")
			r.opened(t, 7)
			said, err := r.take.Answer.ByPost(t.Context(), respond.Pressed{By: c.by, Deed: c.deed, Of: []id.Incident{7}, For: time.Hour, Note: c.note})
			if !strings.Contains(said, c.says) || c.kind == (fault.Kind{}) && err != nil || c.kind != (fault.Kind{}) && !fault.Is(err, c.kind) {
				t.Errorf("said %q, %v; want %q, %v", said, err, c.says, c.kind)
			}
		})
	}
}

// What the database did not take is said so.
func TestAPostThatIsNotSaved(t *testing.T) {
	t.Parallel()
	r := newReplying(t)
	r.link(t, "ana", "slack", "U1")
	r.fails = fault.Unavailable(0, "store.unavailable", "away")
	said, err := r.take.Answer.ByPost(t.Context(), respond.Pressed{By: respond.Presser{Kind: "slack", ID: "U1"}, Deed: notification.DeedSnooze, Of: []id.Incident{7}, For: time.Hour})
	if said != "NOT SNOOZED: could not save. Escalation continues." || !fault.Is(err, fault.KindUnavailable) {
		t.Errorf("said %q, %v", said, err)
	}
}

// opened is an incident that pages.
func (r *replying) opened(t *testing.T, n id.Incident) {
	t.Helper()
	f := incident.NewFold(incident.State{Number: n, ID: "id-7", ServiceName: "payments", Title: "errors", Environment: "prod"})
	err := memory.Atomic(r.db, func(tx *memory.Tx) *memory.Tx { return tx })(t.Context(), func(ctx context.Context, tx *memory.Tx) error {
		people, err := tx.Directory().Current(ctx)
		if err != nil {
			return err
		}
		ev := incident.Fired{Alert: "Errors", Severity: alert.Critical()}
		if err := f.Step(ev, incident.Input{Now: standing{}.Now(), Rules: people.RulesOf(""), Roster: people}); err != nil {
			return err
		}
		return tx.Incidents().Save(ctx, []incident.Change{f.Change()})
	})
	if err != nil {
		t.Fatal(err)
	}
}
