package porttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Alerts is the suite of ports.Alerts, ports.Quarantine and ports.Looks.Firing.
func Alerts(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Store){
		"what is saved is found":              alertsSaved,
		"a stale alert is refused":            alertsStale,
		"the firing ones of incidents":        alertsFiring,
		"the firing ones of an integration":   alertsFiringOf,
		"all of an incident are moved":        alertsMoved,
		"history and quarantine are appended": alertsRecorded, "quarantine is dismissed": dismissed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func someAlert(fingerprint string, n id.Incident) alert.Alert {
	return alert.Alert{
		Key: alert.Key{Integration: "int-1", Fingerprint: fingerprint}, Firing: true, Start: t0(), OurStart: true,
		LastSeen: t0().Add(time.Second), KnownEnd: t0().Add(-time.Hour), Stale: true, Graced: true, EndedAt: t0().Add(time.Minute), BeganAt: t0(),
		Seen:  []alert.Occurrence{{Start: t0(), Firing: true}, {Start: t0().Add(-time.Hour), Late: t0()}},
		Doubt: &alert.Doubt{Start: t0(), Due: t0().Add(6 * time.Minute)}, Repeat: time.Hour, Received: 3, Incident: n,
		Silence: alert.NewSilence("s1", "Bob", "it's known", t0().Add(time.Hour)), ListedBy: "4f1c", Missed: true,
		LabelSet: alert.LabelSet{
			Name: "HighLatency", Service: "web", Environment: "prod", Severity: alert.Error(), Title: "it's “slow”\n", Runbook: "https://x",
			Labels: map[string]string{"a": "1", "ü": "ñ"}, Annotations: map[string]string{"summary": "s"}, GeneratorURL: "http://p", GroupKey: "g",
		},
	}
}

func saveAlerts(t *testing.T, s Store, list ...alert.Alert) {
	t.Helper()
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Alerts.Save(ctx, list) })
}

func alertsSaved(t *testing.T, s Store) {
	want, bare := someAlert("f1", 1), alert.Alert{Key: alert.Key{Integration: "int-2", Fingerprint: "f1"}}
	saveAlerts(t, s, want, bare)
	want.Version, bare.Version = 1, 1
	for range 2 {
		do(t, s.First, func(ctx context.Context, r Repos) error {
			got, err := r.Alerts.Find(ctx, []alert.Key{want.Key, bare.Key, {Integration: "int-1", Fingerprint: "none"}})
			if diff := equal(map[alert.Key]alert.Alert{want.Key: want, bare.Key: bare}, got); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			return err
		})
		want.Firing, want.Incident, want.Received, want.Doubt, want.Title = false, 2, 4, nil, "other"
		bare.Labels = map[string]string{"b": "2"}
		saveAlerts(t, s, want, bare)
		want.Version, bare.Version = 2, 2
	}
}

func alertsStale(t *testing.T, s Store) {
	a := someAlert("f1", 1)
	saveAlerts(t, s, a)
	for name, version := range map[string]int64{"new although it is there": 0, "another version": 5} {
		err := s.First(t.Context(), func(ctx context.Context, r Repos) error {
			again := a
			again.Version = version
			return r.Alerts.Save(ctx, []alert.Alert{someAlert("f-"+name, 1), again})
		})
		if !errors.Is(err, ports.ErrStale) {
			t.Errorf("%s: %v, want ErrStale", name, err)
		}
	}
	do(t, s.First, func(ctx context.Context, r Repos) error {
		firing, err := r.Alerts.Firing(ctx, []id.Incident{1})
		if len(firing) != 1 {
			t.Errorf("%d alerts after refused saves, want 1", len(firing))
		}
		return err
	})
}

func alertsFiring(t *testing.T, s Store) {
	over, other := someAlert("f3", 1), someAlert("f4", 3)
	over.Firing = false
	saveAlerts(t, s, someAlert("f2", 2), someAlert("f1", 1), over, other, someAlert("f0", 1))
	do(t, s.First, func(ctx context.Context, r Repos) error {
		got, err := r.Alerts.Firing(ctx, []id.Incident{1, 2})
		var names []string
		for _, a := range got {
			names = append(names, a.Fingerprint)
		}
		if diff := equal([]string{"f0", "f1", "f2"}, names); diff != "" {
			t.Errorf("firing (-want +got):\n%s", diff)
		}
		return err
	})
}

func alertsFiringOf(t *testing.T, s Store) {
	over, other := someAlert("f3", 1), someAlert("f4", 3)
	over.Firing, other.Integration = false, "int-2"
	saveAlerts(t, s, someAlert("f2", 2), someAlert("f1", 1), over, other)
	do(t, s.First, func(ctx context.Context, r Repos) error {
		got, err := r.Looks.Firing(ctx, "int-1")
		want := map[string]id.Incident{"f1": 1, "f2": 2}
		have := map[string]id.Incident{}
		for _, a := range got {
			have[a.Fingerprint] = a.Incident
		}
		if diff := equal(want, have); diff != "" {
			t.Errorf("firing (-want +got):\n%s", diff)
		}
		return err
	})
}

func dismissed(t *testing.T, s Store) {
	do(t, s.First, func(ctx context.Context, r Repos) error {
		return r.Quarantine.Add(ctx, []alert.Quarantined{{ID: "q1", Integration: "i", At: t0()}, {ID: "q2", Integration: "i", At: t0()}})
	})
	for _, c := range []struct {
		ids  []string
		want int
	}{{[]string{"q1", "none"}, 1}, {[]string{"q1", "q2"}, 1}, {[]string{"q2"}, 0}} {
		do(t, s.First, func(ctx context.Context, r Repos) error {
			n, err := r.Quarantine.Dismiss(ctx, c.ids)
			if n != c.want {
				t.Errorf("%d of %v were there, not %d", n, c.ids, c.want)
			}
			return err
		})
	}
}

func alertsRecorded(t *testing.T, s Store) {
	event := alert.Event{Incident: 1, OpenedAt: t0(), Seq: 1, At: t0(), Kind: "ended", BeganAt: t0(), Key: alert.Key{Integration: "i", Fingerprint: "f"}, Start: t0()}
	second := event
	second.Seq = 2
	do(t, s.First, func(ctx context.Context, r Repos) error {
		return errors.Join(r.Alerts.Record(ctx, []alert.Event{event, second}),
			r.Quarantine.Add(ctx, []alert.Quarantined{{ID: "q1", Integration: "i", At: t0(), Reason: "no labels", Raw: "{}"}}))
	})
}
