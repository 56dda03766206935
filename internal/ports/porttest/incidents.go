package porttest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// equal compares values of the domain, whose small types have unexported fields.
func equal(a, b any) string {
	return cmp.Diff(a, b, cmp.AllowUnexported(incident.Status{}, alert.Severity{}, alert.Urgency{}))
}

// Incidents is the suite of ports.Incidents and ports.Correlations.
func Incidents(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Store){
		"what is saved is loaded":                  savedIsLoaded,
		"a stale state is refused":                 staleIsRefused,
		"a failed transaction leaves nothing":      failedLeavesNothing,
		"incidents are found by id and by number":  found,
		"unresolved ones are found by service":     unresolved,
		"unresolved ones are counted":              unresolvedCounted,
		"correlation keys lead to the newest":      correlationKeys,
		"numbers are given once":                   numbersOnce,
		"a page exists once":                       pageOnce,
		"every column can be changed":              everyColumn,
		"what was merged is followed":              mergedFollowed,
		"pages are stopped for one recipient":      stoppedFor,
		"the keys of an incident":                  keysOf,
		"nothing to save and nobody to lock is ok": nothing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func lockOne(t *testing.T, s Store, n id.Incident) incident.State {
	t.Helper()
	var out incident.State
	do(t, s.First, func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, []id.Incident{n, 999_999})
		if len(m) != 1 {
			t.Errorf("Lock gave %d incidents, want the known one", len(m))
		}
		out = m[n]
		return err
	})
	return out
}

func savedIsLoaded(t *testing.T, s Store) {
	n := openSome(t, s, 1)[0]
	want := opening(n).State
	want.Version = 1
	if diff := equal(want, lockOne(t, s, n)); diff != "" {
		t.Errorf("loaded differs (-saved +loaded):\n%s", diff)
	}
}

func everyColumn(t *testing.T, s Store) {
	n := openSome(t, s, 1)[0]
	changed := lockOne(t, s, n)
	at := t0().Add(time.Hour)
	changed.Service, changed.ServiceName, changed.Team, changed.Environment = "svc-2", "db", "", "staging"
	changed.Title, changed.Runbook, changed.Quiet = "Other", "", true
	changed.Status, changed.Severity = incident.Resolved(), alert.Warning()
	changed.AckedAt, changed.ResolvedAt, changed.UpdatedAt = at, at, at
	changed.ResolvedBy = incident.Actor{Kind: incident.ByUser, ID: "u", Name: "Ana"}
	changed.Assignee = incident.Actor{Kind: incident.ByToken, ID: "t", Name: "bot"}
	changed.Alerts, changed.Seq, changed.Timers, changed.Exhausted = 7, 9, nil, true
	do(t, s.First, func(ctx context.Context, r Repos) error {
		return r.Incidents.Save(ctx, []incident.Change{{State: changed}})
	})
	changed.Version++
	if diff := equal(changed, lockOne(t, s, n)); diff != "" {
		t.Errorf("loaded differs (-saved +loaded):\n%s", diff)
	}
}

func staleIsRefused(t *testing.T, s Store) {
	n := openSome(t, s, 1)[0]
	old := lockOne(t, s, n)
	do(t, s.First, func(ctx context.Context, r Repos) error {
		return r.Incidents.Save(ctx, []incident.Change{{State: old}})
	})
	tries := 0
	err := s.First(t.Context(), func(ctx context.Context, r Repos) error {
		tries++
		return r.Incidents.Save(ctx, []incident.Change{{State: old}})
	})
	if !errors.Is(err, ports.ErrStale) || tries == 0 {
		t.Errorf("saving an old version gave %v, want ErrStale", err)
	}
	if v := lockOne(t, s, n).Version; v != 2 {
		t.Errorf("version %d, want 2", v)
	}
}

func failedLeavesNothing(t *testing.T, s Store) {
	n := openSome(t, s, 1)[0]
	before := lockOne(t, s, n)
	err := s.First(t.Context(), func(ctx context.Context, r Repos) error {
		more, err := r.Incidents.Reserve(ctx, 1)
		if err != nil {
			return err
		}
		c := incident.Change{State: before, Cancel: before.Timers, Point: []string{"other"}, Stop: true}
		c.State.Title = "never"
		return errors.Join(r.Incidents.Save(ctx, []incident.Change{c, opening(more[0])}), errUndo)
	})
	if !errors.Is(err, errUndo) {
		t.Fatalf("error %v, want the function's own", err)
	}
	if diff := equal(before, lockOne(t, s, n)); diff != "" {
		t.Errorf("a failed transaction changed the incident:\n%s", diff)
	}
	do(t, s.First, func(ctx context.Context, r Repos) error {
		leads, err := r.Correlations.Lock(ctx, []string{"other"})
		due, err2 := r.Timers.Due(ctx, []incident.TimerKind{incident.TimerEscalate}, t0().Add(time.Hour), 10)
		if leads["other"] != 0 || len(due) != 1 {
			t.Errorf("key leads to %v, %d timers; want none and 1", leads["other"], len(due))
		}
		return errors.Join(err, err2)
	})
}

func found(t *testing.T, s Store) {
	numbers := openSome(t, s, 2)
	do(t, s.First, func(ctx context.Context, r Repos) error {
		id0, number1 := state(numbers[0]).ID, numbers[1].String()
		got, err := r.Incidents.Find(ctx, []string{id0, number1, number1[1:], "#999999", "nobody", ""})
		want := map[string]id.Incident{id0: numbers[0], number1: numbers[1], number1[1:]: numbers[1]}
		if diff := equal(want, got); diff != "" {
			t.Errorf("found (-want +got):\n%s", diff)
		}
		return err
	})
}

func unresolved(t *testing.T, s Store) {
	numbers := openSome(t, s, 3)
	do(t, s.First, func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, numbers)
		if err != nil {
			return err
		}
		over, grace := m[numbers[0]], m[numbers[1]]
		over.Status, grace.Status, over.Timers = incident.Resolved(), incident.Resolved(), nil
		pending := incident.Timer{Incident: numbers[1], Kind: incident.TimerGrace, Generation: 9, DueAt: t0().Add(time.Hour)}
		grace.Timers = []incident.Timer{pending}
		return r.Incidents.Save(ctx, []incident.Change{{State: over}, {State: grace, Set: grace.Timers}})
	})
	for service, want := range map[id.Service][]id.Incident{"svc-1": numbers[1:], "svc-2": nil} {
		do(t, s.First, func(ctx context.Context, r Repos) error {
			got, err := r.Incidents.Unresolved(ctx, service)
			if !slices.Equal(got, want) {
				t.Errorf("Unresolved(%q) = %v, want %v", service, got, want)
			}
			return err
		})
	}
}

func unresolvedCounted(t *testing.T, s Store) {
	numbers := openSome(t, s, 4)
	do(t, s.First, func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, numbers)
		if err != nil {
			return err
		}
		ana := incident.Actor{Kind: incident.ByUser, ID: "ana"}
		over, hers, others := m[numbers[0]], m[numbers[1]], m[numbers[2]]
		over.Status, over.Assignee = incident.Resolved(), ana
		hers.Status, hers.Assignee = incident.Acknowledged(), ana
		others.Service = "svc-2"
		return r.Incidents.Save(ctx, []incident.Change{{State: over}, {State: hers}, {State: others}})
	})
	do(t, s.First, func(ctx context.Context, r Repos) error {
		web, err1 := r.Unresolved.OfService(ctx, "svc-1")
		ana, err2 := r.Unresolved.OfAssignee(ctx, "ana")
		ben, err3 := r.Unresolved.OfAssignee(ctx, "ben")
		if web != 2 || ana != 1 || ben != 0 {
			t.Errorf("%d of the service, %d of Ana, %d of Ben; want 2, 1, 0", web, ana, ben)
		}
		return errors.Join(err1, err2, err3)
	})
}

func correlationKeys(t *testing.T, s Store) {
	numbers := openSome(t, s, 2)
	keys := []string{"key-" + numbers[1].String()[1:], "none", "key-" + numbers[0].String()[1:]}
	want := map[string]id.Incident{keys[0]: numbers[1], "none": 0, keys[2]: numbers[0]}
	for range 2 {
		do(t, s.First, func(ctx context.Context, r Repos) error {
			got, err := r.Correlations.Lock(ctx, keys)
			if diff := equal(want, got); diff != "" {
				t.Errorf("leads (-want +got):\n%s", diff)
			}
			if err != nil {
				return err
			}
			m, err := r.Incidents.Lock(ctx, numbers)
			if err != nil {
				return err
			}
			return r.Incidents.Save(ctx, []incident.Change{{State: m[numbers[0]], Point: keys}})
		})
		want = map[string]id.Incident{keys[0]: numbers[0], "none": numbers[0], keys[2]: numbers[0]}
	}
}

func numbersOnce(t *testing.T, s Store) {
	seen := map[id.Incident]bool{}
	for _, atomically := range []ports.Atomically[Repos]{s.First, s.other(), s.First} {
		do(t, atomically, func(ctx context.Context, r Repos) error {
			numbers, err := r.Incidents.Reserve(ctx, 3)
			for _, n := range numbers {
				if n <= 0 || seen[n] {
					t.Errorf("number %d twice, or not positive", n)
				}
				seen[n] = true
			}
			if len(numbers) != 3 {
				t.Errorf("%d numbers, want 3", len(numbers))
			}
			return err
		})
	}
}

func pageOnce(t *testing.T, s Store) {
	n := openSome(t, s, 1)[0]
	err := s.First(t.Context(), func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, []id.Incident{n})
		if err != nil {
			return err
		}
		c := opening(n)
		c.State, c.Entries = m[n], nil
		return r.Incidents.Save(ctx, []incident.Change{c})
	})
	if !errors.Is(err, ports.ErrStale) {
		t.Errorf("the same page again gave %v, want a conflict", err)
	}
}

func nothing(t *testing.T, s Store) {
	do(t, s.First, func(ctx context.Context, r Repos) error {
		_, err1 := r.Incidents.Lock(ctx, nil)
		_, err2 := r.Incidents.Find(ctx, nil)
		_, err3 := r.Correlations.Lock(ctx, nil)
		_, err4 := r.Alerts.Find(ctx, nil)
		_, err5 := r.Alerts.Firing(ctx, nil)
		return errors.Join(err1, err2, err3, err4, err5, r.Incidents.Save(ctx, nil), r.Alerts.Save(ctx, nil),
			r.Alerts.Record(ctx, nil), r.Timers.Set(ctx, nil), r.Timers.Cancel(ctx, nil), r.Quarantine.Add(ctx, nil))
	})
}
