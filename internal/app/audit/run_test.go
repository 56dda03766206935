package audit_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/audit"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// all is what a test needs beside what the audit does.
type all struct {
	audit.Repos
	ports.Timers
}

type bundle struct {
	*audit.Run
	tx       ports.Atomically[all]
	now      time.Time
	repaired map[id.Incident]int
	found    []int
	last     audit.Result
	passed   int
}

func (b *bundle) Now() time.Time { return b.now }

func setup(tx ports.Atomically[all]) *bundle {
	b := &bundle{tx: tx, now: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC), repaired: map[id.Incident]int{}}
	b.Run = b.replica("a")
	return b
}

func (b *bundle) replica(holder string) *audit.Run {
	return &audit.Run{
		Clock: b, Holder: holder, Done: func(r audit.Result) { b.found, b.last = append(b.found, r.Found), r }, Passed: func() { b.passed++ },
		Atomically: func(ctx context.Context, f func(context.Context, audit.Repos) error) error {
			return b.tx(ctx, func(ctx context.Context, r all) error { return f(ctx, r.Repos) })
		},
		Committed: func(changes []incident.Change) {
			for _, c := range changes {
				if slices.ContainsFunc(c.Entries, func(e incident.Entry) bool { return e.Kind == incident.EntryRepaired }) {
					b.repaired[c.State.Number]++
				}
			}
		},
	}
}

func inMemory() *bundle {
	return setup(memory.Atomic(memory.New(nil), func(tx *memory.Tx) all {
		return all{audit.Repos{Directory: tx.Directory(), Incidents: tx.Incidents(), Auditor: tx.Auditor(), Leases: tx.Leases(), Pulses: tx.Pulses()}, tx.Timers()}
	}))
}

func inSQLite(t *testing.T) *bundle {
	t.Helper()
	return inFile(t, filepath.Join(t.TempDir(), "rouse.db"))
}

func inFile(t *testing.T, file string) *bundle {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return setup(store.Atomic(db, store.Engine, func(tx *store.Tx) all {
		return all{audit.Repos{Directory: tx.Directory(), Incidents: tx.Incidents(), Auditor: tx.Auditor(), Leases: tx.Leases(), Pulses: tx.Pulses()}, tx.Timers()}
	}))
}

// shape is an unresolved incident by the timers that it plans.
type shape struct {
	status incident.Status
	kinds  []incident.TimerKind
	change func(*incident.State)
}

var shapes = map[string]shape{
	"open":         {kinds: []incident.TimerKind{incident.TimerEscalate}},
	"held":         {kinds: []incident.TimerKind{incident.TimerHold}},
	"flapping":     {kinds: []incident.TimerKind{incident.TimerEscalate, incident.TimerStable}, change: func(s *incident.State) { s.Flapping = true }},
	"exhausted":    {kinds: []incident.TimerKind{incident.TimerReminder, incident.TimerRetry}, change: func(s *incident.State) { s.Exhausted = true }},
	"acknowledged": {incident.Acknowledged(), []incident.TimerKind{incident.TimerAckRemind, incident.TimerAckExpire}, nil},
	"snoozed":      {incident.Acknowledged(), []incident.TimerKind{incident.TimerSnooze}, func(s *incident.State) { s.SnoozedUntil = time.Unix(1e10, 0) }},
	"silenced":     {kinds: []incident.TimerKind{incident.TimerSuppress}, change: func(s *incident.State) { s.Suppressed = true }},
	"quiet":        {kinds: []incident.TimerKind{incident.TimerLook}, change: func(s *incident.State) { s.Quiet = true }},
}

// add saves incidents of these shapes with all their rows.
func (b *bundle) add(ctx context.Context, names ...string) ([]incident.State, error) {
	var out []incident.State
	err := b.tx(ctx, func(ctx context.Context, r all) error {
		numbers, err := r.Incidents.Reserve(ctx, len(names))
		if err != nil {
			return err
		}
		var changes []incident.Change
		out = nil
		for i, n := range numbers {
			sh := shapes[names[i]]
			s := incident.State{
				Number: n, ID: fmt.Sprintf("00000000-0000-7000-8000-%012d", n), Service: "web", ServiceName: "web", Title: names[i],
				Status: sh.status, Severity: alert.Critical(), OpenedAt: b.now, UpdatedAt: b.now, Alerts: 1,
			}
			for g, k := range sh.kinds {
				s.Generation++
				s.Timers = append(s.Timers, incident.Timer{Incident: n, Kind: k, Generation: s.Generation, DueAt: b.now.Add(time.Duration(g+1) * time.Hour)})
			}
			if sh.change != nil {
				sh.change(&s)
			}
			out, changes = append(out, s), append(changes, incident.Change{State: s, Set: s.Timers})
		}
		return r.Incidents.Save(ctx, changes)
	})
	return out, err
}

func (b *bundle) lose(ctx context.Context, lost ...incident.Timer) error {
	return b.tx(ctx, func(ctx context.Context, r all) error { return r.Cancel(ctx, lost) })
}

func (b *bundle) move(ctx context.Context, to time.Time, moved ...incident.Timer) error {
	return b.tx(ctx, func(ctx context.Context, r all) error { return r.PutOff(ctx, moved, to) })
}

// whole fails where an incident plans a timer that has no row of the same generation and moment.
func (b *bundle) whole(ctx context.Context, numbers []id.Incident) error {
	return b.tx(ctx, func(ctx context.Context, r all) error {
		rows, err := r.Due(ctx, []incident.TimerKind{
			incident.TimerEscalate, incident.TimerHold, incident.TimerRepage, incident.TimerReminder, incident.TimerRetry,
			incident.TimerAckRemind, incident.TimerAckExpire, incident.TimerSnooze, incident.TimerStable, incident.TimerLook, incident.TimerSuppress,
		}, b.now.Add(1000*time.Hour), 100_000)
		if err != nil {
			return err
		}
		states, err := r.Incidents.Lock(ctx, numbers)
		for _, s := range states {
			for _, t := range s.Timers {
				t.Incident = s.Number
				if !slices.ContainsFunc(rows, func(r incident.Timer) bool { return r.DueAt.Equal(t.DueAt) && same(r, t) }) {
					err = errors.Join(err, fmt.Errorf("%s %s: %s has no row", s.Number, s.Title, t.Kind))
				}
			}
		}
		return err
	})
}

func same(a, b incident.Timer) bool {
	return a.Incident == b.Incident && a.Kind == b.Kind && a.Generation == b.Generation
}

func (b *bundle) run(ctx context.Context) (int, error) {
	b.now = b.now.Add(audit.Every)
	return b.RunOnce(ctx)
}

func numbersOf(states []incident.State) []id.Incident {
	out := make([]id.Incident, len(states))
	for i, s := range states {
		out[i] = s.Number
	}
	return out
}

func TestWhateverRowsAreLostComesBack(t *testing.T) {
	t.Parallel()
	var names []string
	for name := range shapes {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(rt *rapid.T) {
		b := inMemory()
		states, err := b.add(t.Context(), rapid.SliceOfN(rapid.SampledFrom(names), 1, 20).Draw(rt, "incidents")...)
		if err != nil {
			rt.Fatal(err)
		}
		var lost, moved []incident.Timer
		hit := map[id.Incident]bool{}
		for _, s := range states {
			for _, timer := range s.Timers {
				switch rapid.SampledFrom([]string{"stays", "lost", "moved"}).Draw(rt, "row") {
				case "lost":
					lost, hit[s.Number] = append(lost, timer), true
				case "moved":
					moved, hit[s.Number] = append(moved, timer), true
				}
			}
		}
		year := rapid.SampledFrom([]int{-1, 1}).Draw(rt, "year")
		if err := errors.Join(b.lose(t.Context(), lost...), b.move(t.Context(), b.now.AddDate(year, 0, 0), moved...)); err != nil {
			rt.Fatal(err)
		}
		if n, err := b.run(t.Context()); n != len(hit) || err != nil {
			rt.Fatalf("found %d, %v; want %d", n, err, len(hit))
		}
		if err := b.whole(t.Context(), numbersOf(states)); err != nil {
			rt.Fatal(err)
		}
		for _, s := range states {
			if (b.repaired[s.Number] == 1) != hit[s.Number] {
				rt.Fatalf("%s (%s) was repaired %d times; lost something: %v", s.Number, s.Title, b.repaired[s.Number], hit[s.Number])
			}
		}
		if n, err := b.run(t.Context()); n != 0 || err != nil {
			rt.Fatalf("the next run found %d more, %v", n, err)
		}
	})
}

func TestOneOfTwoRowsIsLost(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) *bundle{"memory": func(*testing.T) *bundle { return inMemory() }, "sqlite": inSQLite} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			states, err := b.add(t.Context(), "flapping", "exhausted", "open", "acknowledged")
			if err != nil {
				t.Fatal(err)
			}
			// Stable and retry remain: neither wakes anybody soon.
			if err := b.lose(t.Context(), states[0].Timers[0], states[1].Timers[0], states[3].Timers[1]); err != nil {
				t.Fatal(err)
			}
			if n, err := b.run(t.Context()); n != 3 || err != nil {
				t.Errorf("found %d, %v; want 3", n, err)
			}
			if err := b.whole(t.Context(), numbersOf(states)); err != nil {
				t.Error(err)
			}
			if b.repaired[states[2].Number] != 0 || len(b.repaired) != 3 {
				t.Errorf("repaired %v", b.repaired)
			}
			if !slices.Equal(b.found, []int{3}) {
				t.Errorf("told %v, want 3 once", b.found)
			}
		})
	}
}

// What was due and could not be worked is put off again and again: the auditor leaves it to whoever does so.
func TestWhatWasPutOffIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := inMemory()
	states, err := b.add(t.Context(), "open")
	if err != nil {
		t.Fatal(err)
	}
	escalate := states[0].Timers[0]
	b.now = escalate.DueAt.Add(time.Hour)
	if err := b.move(t.Context(), b.now.Add(incident.PutOff), escalate); err != nil {
		t.Fatal(err)
	}
	if n, err := b.run(t.Context()); n != 0 || err != nil {
		t.Errorf("found %d, %v", n, err)
	}
}

// An incident that cannot be read is told of by every run, also by those that look at others, until it can.
func TestWhatCannotBeReadIsToldOf(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rouse.db")
	b := inFile(t, file)
	if _, err := b.add(t.Context(), slices.Repeat([]string{"open"}, 600)...); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, c := range []struct {
		spoil string
		want  []id.Incident
	}{
		{`UPDATE incident SET core = '{' || core WHERE number = 3`, []id.Incident{3}},
		{`UPDATE incident SET core = substr(core, 2) WHERE number = 3`, nil},
	} {
		if _, err := db.ExecContext(t.Context(), c.spoil); err != nil {
			t.Fatal(err)
		}
		for range 2 { // once over all
			if _, err := b.run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			n, err := b.run(t.Context())
			if n != len(c.want) || err != nil || !slices.Equal(b.last.Unreadable, c.want) || b.last.Repaired != 0 {
				t.Errorf("after %s: found %d, %+v, %v", c.spoil, n, b.last, err)
			}
		}
	}
}

// Some runs go over all incidents, and then begin again.
func TestRunsTakeTurnsOverAllIncidents(t *testing.T) {
	t.Parallel()
	b := inMemory()
	states, err := b.add(t.Context(), slices.Repeat([]string{"flapping"}, 1200)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{1199, 0, 600} {
		before := len(b.repaired)
		if err := b.lose(t.Context(), states[i].Timers[0]); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := b.run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(b.repaired) != before+1 {
			t.Errorf("three runs over 1200 incidents did not come by incident %d", i)
		}
	}
}

func TestOneReplicaAtATime(t *testing.T) {
	t.Parallel()
	b := inMemory()
	if _, err := b.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.replica("b").RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.found) != 1 || b.passed != 1 {
		t.Errorf("%d ran and %d passed, want one each", len(b.found), b.passed)
	}
}
