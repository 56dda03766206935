package intake

import (
	"context"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// live lets time pass with intake up: it says so every few seconds.
func (b *bundle) live(t *testing.T, d time.Duration) {
	t.Helper()
	const every = 20 * time.Second
	for ; d > 0; d -= every {
		b.forward(min(every, d))
		if _, err := b.refire.up.RunOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bundle) refireAll(t *testing.T) {
	t.Helper()
	for {
		n, err := b.refire.RunOnce(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// person resolves an incident as a person does, with its alerts firing on.
func (b *bundle) person(t *testing.T, n id.Incident) {
	t.Helper()
	err := b.tx(t.Context(), func(ctx context.Context, r Repos) error {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		states, err := r.Incidents.Lock(ctx, []id.Incident{n})
		if err != nil {
			return err
		}
		f := incident.NewFold(states[n])
		in := incident.Input{Now: b.Now(), Rules: snap.RulesOf(f.State().Service), Roster: snap}
		if err := f.Step(incident.Resolve{By: incident.Actor{Kind: incident.ByUser, ID: "ana", Name: "Ana"}}, in); err != nil {
			return err
		}
		return r.Incidents.Save(ctx, []incident.Change{f.Change()})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDoubtFiresAnewUnlessCancelled(t *testing.T) {
	t.Parallel()
	for name, cancelled := range map[string]bool{"nothing cancels it": false, "a resolve cancels it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			disk := b.firing("DiskFull")
			over := disk
			over.Firing, over.EndsAt = false, b.Now().Add(time.Second)
			b.send(t, disk)
			b.send(t, over)
			b.live(t, time.Minute)
			b.send(t, disk) // doubtful
			if cancelled {
				b.send(t, over)
			}
			b.live(t, alert.DoubtAfter-time.Second)
			b.refireAll(t)
			if s := b.state(t, 1); s.Status != incident.Resolved() {
				t.Fatal("it fired before its doubt was due")
			}
			b.live(t, time.Second)
			b.refireAll(t)
			if s := b.state(t, 1); (s.Status == incident.Resolved()) != cancelled {
				t.Fatalf("status %s", s.Status)
			}
			if cancelled {
				return
			}
			b.live(t, 24*time.Hour) // nobody is heard: the one absence that resolves
			b.refireAll(t)
			if s := b.state(t, 1); s.Status != incident.Resolved() || s.FiringCount() != 0 {
				t.Fatalf("status %s, %d fire after a day of silence", s.Status, s.FiringCount())
			}
		})
	}
}

func TestGraceBringsBackWhatStillFires(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.send(t, b.firing("DiskFull"), b.firing("Latency"))
	b.live(t, time.Minute)
	b.person(t, 1)
	over := b.firing("Latency")
	over.Firing, over.StartsAt, over.EndsAt = false, time.Time{}, b.Now()
	b.send(t, over)
	b.live(t, 29*time.Minute)
	b.refireAll(t)
	if len(b.open(t)) != 0 {
		t.Fatal("it came back before the grace was over")
	}
	b.live(t, time.Minute)
	b.refireAll(t)
	open := b.open(t)
	if len(open) != 1 || open[0].Number == 1 || open[0].FiringCount() != 1 || open[0].Alerts != 1 {
		t.Fatalf("%+v, want one new incident with the alert that still fires", open)
	}
	if old := b.state(t, 1); old.FiringCount() != 0 || old.Status != incident.Resolved() {
		t.Fatalf("the old one: %s, %d fire", old.Status, old.FiringCount())
	}
	var graced bool
	_ = b.tx(t.Context(), func(ctx context.Context, r Repos) error {
		firing, err := r.Alerts.Firing(ctx, []id.Incident{open[0].Number})
		graced = len(firing) == 1 && firing[0].Graced
		return err
	})
	if !graced {
		t.Fatal("the alert does not remember that grace brought it back: it would come back for ever")
	}
}

func (b *bundle) open(t *testing.T) []incident.State {
	t.Helper()
	var out []incident.State
	for n := id.Incident(1); ; n++ {
		s := b.state(t, n)
		if s.Number == 0 {
			return out
		}
		if s.Status != incident.Resolved() {
			out = append(out, s)
		}
	}
}

func TestQuietNeitherJoinsNorHolds(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	info := b.firing("Deploy", "severity", "info")
	got := b.send(t, info, b.firing("DiskFull"))
	if got[0].Incident == got[1].Incident {
		t.Fatal("info joined what pages people")
	}
	info.Labels = map[string]string{"alertname": "Deploy", "severity": "critical", "service": "web"}
	if got := b.send(t, info); got[0].Outcome != Joined || got[0].Incident != 2 {
		t.Fatalf("%+v, want it to join #2: it rose to critical", got)
	}
	if s := b.state(t, 1); s.Status != incident.Resolved() {
		t.Fatalf("#1 is %s, and nothing of it fires", s.Status)
	}
}

// What could have cancelled a doubt could not arrive while nobody listened: it waits as much longer.
func TestDowntimeIsNoTime(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.live(t, time.Minute)
	disk := b.firing("DiskFull")
	over := disk
	over.Firing, over.EndsAt = false, b.Now().Add(time.Second)
	b.send(t, disk)
	b.send(t, over)
	b.live(t, time.Minute)
	b.send(t, disk) // doubtful
	b.forward(time.Hour)
	b.refireAll(t)
	if len(b.open(t)) != 0 {
		t.Fatal("a doubt came due while nobody could cancel it")
	}
	b.live(t, alert.DoubtAfter+time.Minute)
	b.refireAll(t)
	if len(b.open(t)) != 1 {
		t.Fatal("the doubt was forgotten")
	}
}
