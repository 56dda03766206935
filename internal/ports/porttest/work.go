package porttest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// mergeInto saves that one incident goes on in another.
func mergeInto(t *testing.T, s Store, n, into id.Incident) {
	t.Helper()
	do(t, s.First, func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, []id.Incident{n})
		st := m[n]
		st.MergedInto = incident.Other{Number: into}
		if into != 0 {
			st.MergedInto.ID = state(into).ID
		}
		return errors.Join(err, r.Incidents.Save(ctx, []incident.Change{{State: st}}))
	})
}

// mergedFollowed: whoever names what was merged means what it was merged into, however often that was merged itself.
func mergedFollowed(t *testing.T, s Store) {
	numbers := openSome(t, s, 3)
	find := func(want id.Incident) {
		t.Helper()
		do(t, s.other(), func(ctx context.Context, r Repos) error {
			got, err := r.Incidents.Find(ctx, []string{state(numbers[0]).ID, numbers[0].String(), numbers[2].String()})
			if got[state(numbers[0]).ID] != want || got[numbers[0].String()] != want || got[numbers[2].String()] != numbers[2] {
				t.Errorf("found %v, want %s and %s", got, want, numbers[2])
			}
			return err
		})
	}
	mergeInto(t, s, numbers[0], numbers[1])
	find(numbers[1])
	mergeInto(t, s, numbers[1], numbers[2])
	find(numbers[2])
	if got := lockOne(t, s, numbers[0]); got.MergedInto.Number != numbers[1] {
		t.Errorf("merged into %v", got.MergedInto)
	}
	mergeInto(t, s, numbers[0], 0)
	find(numbers[0])
}

// stoppedFor: only what waits for one recipient is cancelled.
func stoppedFor(t *testing.T, s Store) {
	n := openSome(t, s, 2)
	other := page(n[0], 2)
	other.Recipient.ID, other.Deliveries = "user-2", other.Deliveries[:1]
	other.Deliveries[0].Page, other.Deliveries[0].Lane = other.PageKey, "contact:d"
	save := func(c incident.Change) {
		t.Helper()
		do(t, s.First, func(ctx context.Context, r Repos) error {
			m, err := r.Incidents.Lock(ctx, n[:1])
			c.State = m[n[0]]
			return errors.Join(err, r.Incidents.Save(ctx, []incident.Change{c}))
		})
	}
	save(incident.Change{Pages: []notification.Page{other}})
	orphan := func(want ...id.Incident) {
		t.Helper()
		do(t, s.First, func(ctx context.Context, r Repos) error {
			due, err := r.Timers.Due(ctx, []incident.TimerKind{incident.TimerEscalate}, t0().AddDate(1, 0, 0), 10)
			return errors.Join(err, r.Timers.Cancel(ctx, due))
		})
		do(t, s.First, func(ctx context.Context, r Repos) error {
			got, err := r.Auditor.Orphans(ctx, 10)
			if !slices.Equal(got, want) {
				t.Errorf("without a future: %v, want %v", got, want)
			}
			return err
		})
	}
	save(incident.Change{StopFor: []notification.Recipient{{Kind: notification.ToUser, ID: "user-1"}}})
	orphan() // the other one's waits
	save(incident.Change{StopFor: []notification.Recipient{other.Recipient}})
	orphan(n[0]) // and not the other incident
}

// keysOf: the keys that lead to an incident.
func keysOf(t *testing.T, s Store) {
	numbers := openSome(t, s, 2)
	do(t, s.First, func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, numbers)
		if err != nil {
			return err
		}
		return r.Incidents.Save(ctx, []incident.Change{{State: m[numbers[0]], Point: []string{"b", "a"}}})
	})
	do(t, s.First, func(ctx context.Context, r Repos) error {
		got, err := r.Correlations.Of(ctx, numbers[0])
		if want := []string{"a", "b", "key-" + numbers[0].String()[1:]}; !slices.Equal(got, want) {
			t.Errorf("keys %v, want %v", got, want)
		}
		return err
	})
}

// alertsMoved: all alerts of an incident become another's; who read them before is refused.
func alertsMoved(t *testing.T, s Store) {
	quiet := someAlert("f2", 1)
	quiet.Firing = false
	saveAlerts(t, s, someAlert("f1", 1), quiet, someAlert("f3", 3))
	old := someAlert("f1", 1)
	old.Version = 1
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Alerts.Move(ctx, 1, 2) })
	do(t, s.First, func(ctx context.Context, r Repos) error {
		keys := []alert.Key{{Integration: "int-1", Fingerprint: "f1"}, {Integration: "int-1", Fingerprint: "f2"}, {Integration: "int-1", Fingerprint: "f3"}}
		got, err := r.Alerts.Find(ctx, keys)
		if got[keys[0]].Incident != 2 || got[keys[1]].Incident != 2 || got[keys[2]].Incident != 3 {
			t.Errorf("moved: %v", got)
		}
		return err
	})
	err := s.First(t.Context(), func(ctx context.Context, r Repos) error { return r.Alerts.Save(ctx, []alert.Alert{old}) })
	if !errors.Is(err, ports.ErrStale) {
		t.Errorf("an alert as it was before gave %v, want ErrStale", err)
	}
}
