package porttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Watch is the suite of ports.Paging, ports.Pulses, ports.Heard, ports.Senders, ports.Looks, ports.Payloads, ports.Probes,
// ports.Secrets, ports.Inbound, ports.Linked and ports.Rooms.
func Watch(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Store){
		"paging is held for everybody": pagingHeld, "pulses beat": pulsesBeat, "what was heard": heardOf, "a probe leaves nothing": probeCleared,
		"runs of senders": sendersRun, "looks at Alertmanagers": looksKept, "the last payloads": payloadsKept,
		"a key is made once": secretsKept, "what is brought is worked once": inboundOnce, "who is linked": whoIsLinked, "rooms of chats": roomsKept,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func pagingHeld(t *testing.T, s Store) {
	state := func(want incident.Paging) {
		t.Helper()
		do(t, s.other(), func(ctx context.Context, r Repos) error {
			got, err := r.Paging.State(ctx)
			if got != want {
				t.Errorf("paging is %+v, not %+v", got, want)
			}
			return err
		})
	}
	state(incident.Paging{})
	held := incident.Paging{Held: true, At: t0(), By: incident.Actor{Kind: incident.ByUser, ID: "u1", Name: "Ana"}, Reason: "restored"}
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Paging.Set(ctx, held) })
	state(held)
	err := s.First(t.Context(), func(ctx context.Context, r Repos) error {
		return errors.Join(r.Paging.Set(ctx, incident.Paging{At: t0()}), errUndo)
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	state(held)
	resumed := incident.Paging{At: t0().Add(time.Hour), By: held.By}
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Paging.Set(ctx, resumed) })
	state(resumed)
}

func pulsesBeat(t *testing.T, s Store) {
	beat := func(name string, p ports.Pulse) {
		do(t, s.First, func(ctx context.Context, r Repos) error { return r.Pulses.Beat(ctx, name, p) })
	}
	beat("audit", ports.Pulse{At: t0(), Took: 3 * time.Millisecond})
	beat("probe", ports.Pulse{At: t0(), Took: time.Second})
	beat("audit", ports.Pulse{At: t0().Add(time.Minute)})
	do(t, s.other(), func(ctx context.Context, r Repos) error {
		got, err := r.Pulses.Last(ctx)
		if len(got) != 2 || got["audit"] != (ports.Pulse{At: t0().Add(time.Minute)}) || got["probe"] != (ports.Pulse{At: t0(), Took: time.Second}) {
			t.Errorf("the pulses are %+v", got)
		}
		return err
	})
}

func heardOf(t *testing.T, s Store) {
	for _, at := range []time.Duration{time.Minute, 0, 3 * time.Minute, 2 * time.Minute} { // servers may be slow to note
		do(t, s.First, func(ctx context.Context, r Repos) error { return r.Heard.Note(ctx, "main", t0().Add(at)) })
	}
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Heard.Note(ctx, "other", t0()) })
	do(t, s.other(), func(ctx context.Context, r Repos) error {
		got, err := r.Heard.All(ctx)
		if len(got) != 2 || got["main"] != (ports.Hearing{First: t0(), Last: t0().Add(3 * time.Minute)}) || got["other"] != (ports.Hearing{First: t0(), Last: t0()}) {
			t.Errorf("heard was %+v", got)
		}
		return err
	})
}

func probeCleared(t *testing.T, s Store) {
	kept := openSome(t, s, 1)[0]
	key := alert.Key{Integration: directory.ProbeIntegration, Fingerprint: "probe"}
	for range 2 { // what was cleared can be there again
		do(t, s.First, func(ctx context.Context, r Repos) error {
			if err := r.Alerts.Save(ctx, []alert.Alert{{Key: key, Firing: true, Start: t0(), Incident: id.Probe}}); err != nil {
				return err
			}
			return r.Incidents.Save(ctx, []incident.Change{opening(id.Probe)})
		})
		do(t, s.First, func(ctx context.Context, r Repos) error {
			at, err := r.Probes.Reached(ctx)
			if !at.IsZero() {
				t.Errorf("reached at %s, and nothing was sent", at)
			}
			orphans, err2 := r.Auditor.Orphans(ctx, 10)
			planned, err3 := r.Auditor.Planned(ctx, 0, 10)
			if len(orphans) != 0 || len(planned) != 1 {
				t.Errorf("the audit looks at it: orphans %v, planned %v", orphans, planned)
			}
			return errors.Join(err, err2, err3, r.Probes.Clear(ctx))
		})
		do(t, s.other(), func(ctx context.Context, r Repos) error {
			states, err := r.Incidents.Lock(ctx, []id.Incident{id.Probe, kept})
			if len(states) != 1 || states[kept].Number != kept {
				t.Errorf("%d incidents are left, not %s alone", len(states), kept)
			}
			alerts, err2 := r.Alerts.Find(ctx, []alert.Key{key})
			if len(alerts) != 0 {
				t.Errorf("its alert is left: %v", alerts)
			}
			timers, err3 := r.Timers.Due(ctx, []incident.TimerKind{incident.TimerEscalate}, t0().Add(time.Hour), 10)
			if len(timers) != 1 || timers[0].Incident != kept {
				t.Errorf("the timers that are left are %v", timers)
			}
			return errors.Join(err, err2, err3)
		})
	}
}

func looksKept(t *testing.T, s Store) {
	note := func(i id.Integration, l ports.Look) {
		t.Helper()
		do(t, s.First, func(ctx context.Context, r Repos) error { return r.Looks.Note(ctx, i, l) })
	}
	expect := func(want map[id.Integration]ports.Look) {
		t.Helper()
		do(t, s.other(), func(ctx context.Context, r Repos) error {
			got, err := r.Looks.All(ctx)
			if diff := equal(want, got); diff != "" {
				t.Errorf("looks (-want +got):\n%s", diff)
			}
			return err
		})
	}
	expect(map[id.Integration]ports.Look{})
	bad, good := ports.Look{At: t0(), Error: "it's “away”"}, ports.Look{At: t0().Add(time.Minute), Good: t0().Add(time.Minute)}
	note("i1", bad)
	note("i2", bad)
	expect(map[id.Integration]ports.Look{"i1": bad, "i2": bad})
	note("i1", good)
	expect(map[id.Integration]ports.Look{"i1": good, "i2": bad})
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Looks.Forget(ctx, "i2") })
	expect(map[id.Integration]ports.Look{"i1": good})
}

func sendersRun(t *testing.T, s Store) {
	one, other := alert.Sender{Integration: "i1", Host: "prom-1:9090"}, alert.Sender{Integration: "i1", Host: ""}
	runs := map[alert.Sender]alert.Run{one: {Since: t0(), Last: t0().Add(time.Minute)}, other: {Since: t0(), Last: t0()}}
	want := func(want map[alert.Sender]alert.Run) {
		t.Helper()
		do(t, s.other(), func(ctx context.Context, r Repos) error {
			got, err := r.Senders.Find(ctx, []alert.Sender{one, other, {Integration: "i2", Host: "prom-1:9090"}})
			if diff := equal(want, got); diff != "" {
				t.Errorf("runs (-want +got):\n%s", diff)
			}
			return err
		})
	}
	want(map[alert.Sender]alert.Run{})
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Senders.Save(ctx, runs) })
	want(runs)
	runs[one] = alert.Run{Since: t0().Add(time.Hour), Last: t0().Add(2 * time.Hour)}
	do(t, s.First, func(ctx context.Context, r Repos) error {
		return r.Senders.Save(ctx, map[alert.Sender]alert.Run{one: runs[one]})
	})
	want(runs)
	forget := func(before time.Time, limit, want int) {
		t.Helper()
		do(t, s.First, func(ctx context.Context, r Repos) error {
			n, err := r.Senders.Forget(ctx, before, limit)
			same(t, n, want)
			return err
		})
	}
	forget(t0(), 10, 0)
	forget(t0().Add(24*time.Hour), 1, 1)
	delete(runs, other)
	want(runs)
	forget(t0().Add(24*time.Hour), 10, 1)
	want(map[alert.Sender]alert.Run{})
}

func payloadsKept(t *testing.T, s Store) {
	payload := func(minutes int, body string) ports.Payload {
		return ports.Payload{At: t0().Add(time.Duration(minutes) * time.Minute), Body: body}
	}
	for _, p := range []ports.Payload{payload(1, "one"), payload(3, "three"), payload(2, "two"), payload(3, "three again")} {
		do(t, s.First, func(ctx context.Context, r Repos) error { return r.Payloads.Keep(ctx, "i1", p, 2) })
	}
	do(t, s.First, func(ctx context.Context, r Repos) error {
		return r.Payloads.Keep(ctx, "i2", payload(0, "another's"), 2)
	})
	do(t, s.other(), func(ctx context.Context, r Repos) error {
		got, err := r.Payloads.Last(ctx, "i1")
		if diff := equal([]ports.Payload{payload(3, "three again"), payload(2, "two")}, got); diff != "" {
			t.Errorf("kept (-want +got):\n%s", diff)
		}
		return err
	})
}
