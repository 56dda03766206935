package sim

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// flood opens so many incidents at once, every one by an alert of its own.
func (w *world) flood(n int) {
	for from := 0; from < n; from += 500 {
		var batch []alert.Signal
		for i := from; i < min(n, from+500); i++ {
			severity := []string{"error", "critical", "warning"}[i%3]
			batch = append(batch, alert.Signal{Fingerprint: fmt.Sprint(i), Firing: true, StartsAt: w.now(), Labels: map[string]string{
				"alertname": fmt.Sprint("a", i), "service": "db", "severity": severity,
			}})
		}
		r := w.replicas[0]
		w.after(0, func() {
			w.task(r, "flood", func(ctx context.Context) error {
				results, err := r.receive.Do(ctx, &directory.Integration{ID: "am", Name: "am"}, batch, nil, 0)
				for _, res := range results {
					if res.Outcome != intake.Opened {
						return fmt.Errorf("%s was %s", res.Fingerprint, res.Outcome)
					}
				}
				return err
			}, func(err error) {
				if err != nil {
					w.broken("setup", "%v", err)
				}
			})
		})
	}
}

// TestOutage: the database is away for two hours, a thousand timers are due (10,000 in a full run). Recovery begins within 10 s, every
// incident takes one step, everybody has at most one digest a minute, worst first, and nothing too old is sent (P9).
func TestOutage(t *testing.T) {
	t.Parallel()
	n := 1000
	if testkit.Full() {
		n = 10_000
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t.Context(), 1)
		w.plan, w.calm = plan{}, true
		defer w.end()
		w.people()
		for i := range w.replicas {
			w.replicas[i] = w.start(i)
		}
		w.flood(n)
		w.until(w.now().Add(time.Minute))
		before := map[int64]incident.State{}
		for _, s := range w.db.Picture().Incidents {
			before[int64(s.Number)] = s
		}
		if len(before) != n {
			t.Fatalf("%d incidents are open, not %d", len(before), n)
		}
		w.downUntil = w.now().Add(2 * time.Hour)
		w.until(w.downUntil)
		back := w.now()
		for _, p := range w.providers {
			p.ledger = nil
		}
		w.until(back.Add(10 * time.Second))
		if w.model.seen["entry timer_late"] == 0 {
			t.Error("10 s after the database was back no timer has been worked")
		}
		w.until(back.Add(2 * time.Minute))
		now := w.now()
		for _, timer := range w.db.Picture().Timers {
			if now.Sub(timer.DueAt) > late {
				t.Fatalf("the timer %s of %s is still due since %s", timer.Kind, timer.Incident, now.Sub(timer.DueAt))
			}
		}
		for _, s := range w.db.Picture().Incidents {
			old := before[int64(s.Number)]
			if s.Round != old.Round || s.Walk != old.Walk || s.Level > old.Level+1 {
				t.Fatalf("%s went from level %d of round %d to level %d of round %d in one step", s.Number, old.Level, old.Round, s.Level, s.Round)
			}
		}
		w.digests(t, back)
		for _, line := range w.wrong {
			t.Error(line)
		}
	})
}

// digests holds what went out after the outage against P9: catching up is one message a minute to everybody, and no
// message goes while what is worse waits for the same person.
func (w *world) digests(t *testing.T, back time.Time) {
	const unseen = time.Second // what was caused while a message was on its way is not missing in it
	of := map[id.Message][]notification.Delivery{}
	lanes := map[notification.Lane][]notification.Delivery{}
	for _, d := range w.db.Picture().Deliveries {
		of[d.Message] = append(of[d.Message], d)
		lanes[d.Lane] = append(lanes[d.Lane], d)
	}
	sentAt := map[id.Message]time.Time{}
	var sent []entry
	for _, kind := range kinds() {
		for _, e := range w.providers[kind].ledger {
			if e.message.Purpose == notification.PurposePage {
				sentAt[e.message.ID] = e.at
				sent = append(sent, e)
			}
		}
	}
	slices.SortStableFunc(sent, func(a, b entry) int { return a.at.Compare(b.at) })
	caughtUp := map[notification.Recipient]time.Time{}
	for _, e := range sent {
		who, items := e.message.Recipient, e.message.Items
		old := slices.ContainsFunc(of[e.message.ID], func(d notification.Delivery) bool { return d.DueAt.Before(back.Add(-time.Minute)) })
		if last, ok := caughtUp[who]; ok && old && e.at.Sub(last) < 59*time.Second {
			t.Errorf("%s has two digests within %s", who.ID, e.at.Sub(last))
		}
		if old {
			caughtUp[who] = e.at
		}
		for i, item := range items {
			if i > 0 && item.Severity.Above(items[i-1].Severity) {
				t.Errorf("the message to %s does not begin with the worst", who.ID)
			}
		}
		least := items[len(items)-1].Severity
		for _, d := range lanes[e.message.Lane] {
			waited := d.CreatedAt.Before(e.at.Add(-unseen)) && d.DueAt.Before(e.at) && (d.Status == notification.Waiting || sentAt[d.Message].After(e.at))
			if waited && d.Severity.Above(least) {
				t.Fatalf("%s after the outage %s hears of what is %s; %s of %s waits since %s", e.at.Sub(back), who.ID, least, d.Severity, d.Page.Incident, d.CreatedAt.Sub(back))
			}
		}
		t.Logf("after %s to %s: %d, from %s to %s; catching up: %t", e.at.Sub(back), who.ID, len(items), items[0].Severity, least, old)
	}
	if len(sent) == 0 || len(sent) > 30 {
		t.Errorf("%d messages went out in %s after the outage", len(sent), w.now().Sub(back))
	}
	if len(caughtUp) == 0 {
		t.Error("nobody caught up with anything")
	}
}
