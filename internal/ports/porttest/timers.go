package porttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Timers is the suite of ports.Timers, ports.Uptime, ports.Auditor and ports.Leases.
func Timers(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Store){
		"due timers come oldest first":              timersDue,
		"a claimed incident is claimed by one":      timersClaimed,
		"set replaces, cancel removes":              timersReplaced,
		"cancel and put off keep to the generation": timersOfAGeneration,
		"a gap in uptime puts timers off":           timersPutOff,
		"orphans have no timer and no delivery":     orphansFound,
		"what is planned beside what has a row":     plannedTimers,
		"a lease is held by one":                    leaseHeld,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func doubt(subject string, due time.Time) incident.Timer {
	return incident.Timer{Kind: incident.TimerDoubt, Subject: subject, Generation: due.UnixMicro(), DueAt: due}
}

func wantDue(t *testing.T, s Store, now time.Time, want ...incident.Timer) {
	t.Helper()
	do(t, s.First, func(ctx context.Context, r Repos) error {
		got, err := r.Timers.Due(ctx, []incident.TimerKind{incident.TimerDoubt, incident.TimerStale}, now, 3)
		if diff := equal(want, got); diff != "" {
			t.Errorf("due (-want +got):\n%s", diff)
		}
		return err
	})
}

func set(t *testing.T, s Store, timers ...incident.Timer) {
	t.Helper()
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Timers.Set(ctx, timers) })
}

func timersDue(t *testing.T, s Store) {
	openSome(t, s, 1) // its escalation timer is of another kind
	third, first, second := doubt("i/3", t0().Add(3*time.Second)), doubt("i/1", t0().Add(time.Second)), doubt("i/2", t0().Add(2*time.Second))
	second.Kind = incident.TimerStale
	set(t, s, third, first, second, doubt("i/4", t0().Add(4*time.Second)))
	wantDue(t, s, t0().Add(999*time.Millisecond))
	wantDue(t, s, t0().Add(2*time.Second), first, second)
	wantDue(t, s, t0().Add(time.Hour), first, second, third) // the limit is 3
}

func timersReplaced(t *testing.T, s Store) {
	a, b := doubt("i/a", t0()), doubt("i/b", t0().Add(time.Second))
	set(t, s, a, b)
	a = doubt("i/a", t0().Add(time.Minute))
	set(t, s, a)
	wantDue(t, s, t0().Add(time.Hour), b, a)
	do(t, s.First, func(ctx context.Context, r Repos) error {
		return r.Timers.Cancel(ctx, []incident.Timer{b, doubt("i/none", t0())})
	})
	wantDue(t, s, t0().Add(time.Hour), a)
}

func timersOfAGeneration(t *testing.T, s Store) {
	old, a, b := doubt("i/a", t0()), doubt("i/a", t0().Add(time.Minute)), doubt("i/b", t0().Add(time.Second))
	whatever := b
	whatever.Generation = 0
	set(t, s, old, b)
	set(t, s, a) // somebody replaced it
	do(t, s.First, func(ctx context.Context, r Repos) error {
		return errors.Join(r.Timers.Cancel(ctx, []incident.Timer{old}), r.Timers.PutOff(ctx, []incident.Timer{old}, t0().Add(time.Hour)))
	})
	wantDue(t, s, t0().Add(time.Minute), b, a)
	do(t, s.First, func(ctx context.Context, r Repos) error {
		return r.Timers.PutOff(ctx, []incident.Timer{a, doubt("i/none", t0())}, t0().Add(time.Hour))
	})
	wantDue(t, s, t0().Add(time.Hour-1), b)
	a.DueAt = t0().Add(time.Hour)
	wantDue(t, s, t0().Add(time.Hour), b, a)
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Timers.Cancel(ctx, []incident.Timer{whatever}) })
	wantDue(t, s, t0().Add(time.Hour), a)
	// An incident's change removes its timer whatever the generation.
	n := openSome(t, s, 1)[0]
	st := lockOne(t, s, n)
	do(t, s.First, func(ctx context.Context, r Repos) error {
		gone := st.Timers[0]
		gone.Generation += 7
		return r.Incidents.Save(ctx, []incident.Change{{State: st, Cancel: []incident.Timer{gone}}})
	})
	do(t, s.First, func(ctx context.Context, r Repos) error {
		due, err := r.Timers.Due(ctx, []incident.TimerKind{incident.TimerEscalate}, t0().Add(time.Hour), 10)
		if len(due) != 0 {
			t.Errorf("a change left %v", due)
		}
		return err
	})
}

// timersClaimed: an incident's timers come with the incident locked. Where two programs share the store,
// the other skips it; where transactions run one after another there is nothing to skip.
func timersClaimed(t *testing.T, s Store) {
	numbers := openSome(t, s, 2)
	claim := func(ctx context.Context, r Repos) []id.Incident {
		due, err := r.Timers.Claim(ctx, []incident.TimerKind{incident.TimerEscalate}, t0().Add(time.Hour), 10)
		if err != nil {
			t.Error(err)
		}
		var out []id.Incident
		for _, d := range due {
			out = append(out, d.Incident)
		}
		return out
	}
	do(t, s.First, func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, numbers)
		if err != nil {
			return err
		}
		c := incident.Change{State: m[numbers[0]], Set: []incident.Timer{{Kind: incident.TimerEscalate, Generation: 2, DueAt: t0().Add(2 * time.Hour)}}}
		return r.Incidents.Save(ctx, []incident.Change{c})
	})
	do(t, s.First, func(ctx context.Context, r Repos) error {
		if diff := equal(numbers[1:], claim(ctx, r)); diff != "" {
			t.Errorf("claimed (-want +got):\n%s", diff)
		}
		if s.Second == nil {
			return nil
		}
		return s.Second(ctx, func(ctx context.Context, other Repos) error {
			if got := claim(ctx, other); len(got) != 0 {
				t.Errorf("the other claimed %v although it is held", got)
			}
			return nil
		})
	})
}

func timersPutOff(t *testing.T, s Store) {
	a, b := doubt("i/a", t0().Add(time.Minute)), doubt("i/b", t0().Add(time.Minute))
	b.Kind = incident.TimerStale
	set(t, s, a, b)
	kinds := []incident.TimerKind{incident.TimerDoubt}
	for _, beat := range []struct{ after, gap, since time.Duration }{
		{0, 0, 0}, {10 * time.Second, 0, 0}, {5 * time.Second, 0, 0}, {41 * time.Second, 31 * time.Second, 41 * time.Second}, {42 * time.Second, 0, 41 * time.Second},
	} {
		do(t, s.First, func(ctx context.Context, r Repos) error {
			gap, since, err := r.Uptime.Beat(ctx, t0().Add(beat.after), 30*time.Second, kinds)
			if gap != beat.gap || !since.Equal(t0().Add(beat.since)) {
				t.Errorf("beat after %s: gap %s, since %s, want %+v", beat.after, gap, since, beat)
			}
			return err
		})
	}
	a.DueAt = a.DueAt.Add(31 * time.Second)
	wantDue(t, s, t0().Add(time.Hour), b, a)
}

func orphansFound(t *testing.T, s Store) {
	numbers := openSome(t, s, 4)
	do(t, s.First, func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, numbers)
		if err != nil {
			return err
		}
		timer := []incident.Timer{{Kind: incident.TimerEscalate}}
		resolved := m[numbers[3]]
		resolved.Status = incident.Resolved()
		return r.Incidents.Save(ctx, []incident.Change{
			{State: m[numbers[0]], Cancel: timer},             // a delivery waits
			{State: m[numbers[1]], Stop: true},                // a timer
			{State: m[numbers[2]], Cancel: timer, Stop: true}, // nothing
			{State: resolved, Cancel: timer, Stop: true},      // needs nothing
		})
	})
	do(t, s.First, func(ctx context.Context, r Repos) error {
		got, err := r.Auditor.Orphans(ctx, 10)
		if diff := equal(numbers[2:3], got); diff != "" {
			t.Errorf("orphans (-want +got):\n%s", diff)
		}
		none, err2 := r.Auditor.Orphans(ctx, 0)
		if len(none) != 0 || err2 != nil {
			t.Errorf("a limit of 0 gave %v, %v", none, err2)
		}
		return err
	})
}

func plannedTimers(t *testing.T, s Store) {
	numbers := openSome(t, s, 4)
	lost := incident.Timer{Incident: numbers[1], Kind: incident.TimerEscalate}
	doubt := incident.Timer{Incident: numbers[1], Kind: incident.TimerDoubt, Subject: "main/f1", Generation: 1, DueAt: t0()}
	newer := incident.Timer{Incident: numbers[3], Kind: incident.TimerEscalate, Generation: 7, DueAt: t0()}
	do(t, s.First, func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, numbers)
		if err != nil {
			return err
		}
		resolved := m[numbers[2]]
		resolved.Status = incident.Resolved()
		return errors.Join(err, r.Incidents.Save(ctx, []incident.Change{{State: resolved}}),
			r.Timers.Cancel(ctx, []incident.Timer{lost}), r.Timers.Set(ctx, []incident.Timer{doubt, newer}))
	})
	do(t, s.First, func(ctx context.Context, r Repos) error {
		got, err := r.Auditor.Planned(ctx, 0, 10)
		want := map[id.Incident]int64{numbers[0]: 1, numbers[1]: 0, numbers[3]: 7} // the row's generation; 0: no row
		if len(got) != len(want) {
			t.Errorf("%d incidents, want the unresolved ones: %+v", len(got), got)
		}
		for _, p := range got {
			var row int64
			for _, r := range p.Rows {
				row += r.Generation
			}
			if len(p.State) != 1 || p.State[0].Generation != 1 || row != want[p.Incident] {
				t.Errorf("%+v, want one timer planned and a row of generation %d", p, want[p.Incident])
			}
		}
		next, err2 := r.Auditor.Planned(ctx, numbers[0], 1)
		if len(next) != 1 || next[0].Incident != numbers[1] {
			t.Errorf("after %d came %+v", numbers[0], next)
		}
		return errors.Join(err, err2)
	})
}

func leaseHeld(t *testing.T, s Store) {
	for i, c := range []struct {
		holder    string
		at, until time.Duration
		want      bool
	}{
		{"a", 0, 15 * time.Second, true},
		{"b", time.Second, 16 * time.Second, false},
		{"a", 2 * time.Second, 10 * time.Second, true},
		{"b", 9 * time.Second, 20 * time.Second, false},
		{"b", 10 * time.Second, 20 * time.Second, true},
		{"a", 11 * time.Second, 20 * time.Second, false},
		{"b", 0, time.Hour, true}, // and then the clock is put back
		{"a", -time.Minute, time.Hour - time.Minute, false},
		{"a", -time.Minute - time.Second, time.Hour - time.Minute - time.Second, true},
	} {
		do(t, s.First, func(ctx context.Context, r Repos) error {
			got, err := r.Leases.Take(ctx, "audit", c.holder, t0().Add(c.at), t0().Add(c.until))
			if got != c.want {
				t.Errorf("take %d by %s: %v, want %v", i, c.holder, got, c.want)
			}
			return err
		})
	}
}
