package store_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/ports/porttest"
)

const group = 32 // alerts in a transaction

// BenchmarkSave writes groups of alerts as intake does: a figure is alerts a second.
func BenchmarkSave(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, c := range []struct {
			name string
			run  func(context.Context, porttest.Repos, *fixture) error
		}{{"joining27", join}, {"opening", openEach}, {"again", refresh}} {
			b.Run(engine+"/"+c.name, func(b *testing.B) {
				f := newFixture(b, open(b, engines[engine](b)))
				began := cpu()
				for b.Loop() {
					if err := f.atomically(b.Context(), func(ctx context.Context, r porttest.Repos) error { return c.run(ctx, r, f) }); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(group*b.N)/b.Elapsed().Seconds(), "alerts/s")
				b.ReportMetric(float64((cpu()-began).Microseconds())/float64(group*b.N), "cpu-us/alert") // this process only
			})
		}
	}
}

// cpu is what this process has used so far.
func cpu() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // cannot fail for the process itself
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// fixture has 100 open incidents, each with its key.
type fixture struct {
	atomically ports.Atomically[porttest.Repos]
	numbers    []id.Incident
	next       atomic.Int64
}

func newFixture(b *testing.B, db *store.DB) *fixture {
	f := &fixture{atomically: store.Atomic(db, store.Intake, repos)}
	err := f.atomically(b.Context(), func(ctx context.Context, r porttest.Repos) error {
		var err error
		if f.numbers, err = r.Incidents.Reserve(ctx, 100); err != nil {
			return err
		}
		var changes []incident.Change
		for i, n := range f.numbers {
			changes = append(changes, f.opened(n, key(i)))
		}
		if err := r.Incidents.Save(ctx, changes); err != nil {
			return err
		}
		var alerts []alert.Alert
		for i := range 2 * group {
			alerts = append(alerts, f.alert(fmt.Sprintf("old-%d", i), f.numbers[i]))
		}
		return r.Alerts.Save(ctx, alerts)
	})
	if err != nil {
		b.Fatal(err)
	}
	return f
}

func key(i int) string { return fmt.Sprintf("%032x", i) }

func (f *fixture) labels() map[string]string {
	return map[string]string{
		"alertname": "HighLatency", "service": "web-server", "environment": "prod", "severity": "critical",
		"instance": "10.0.0.1:9090", "job": "web", "pod": "web-7f9c9d-abcde", "namespace": "shop",
	}
}

func (f *fixture) alert(fingerprint string, n id.Incident) alert.Alert {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return alert.Alert{
		Key: alert.Key{Integration: "0192f1a0-0000-7000-8000-000000000001", Fingerprint: fingerprint}, Firing: true, Start: now, LastSeen: now,
		Seen: []alert.Occurrence{{Start: now, Firing: true}}, Received: 1, Incident: n,
		LabelSet: alert.LabelSet{
			Name: "HighLatency", Service: "web-server", Environment: "prod", Severity: alert.Critical(), Title: "The 99th percentile is above 2 s on web-7f9c9d-abcde",
			Runbook: "https://runbooks.example.org/HighLatency", Labels: f.labels(),
			Annotations:  map[string]string{"summary": "The 99th percentile is above 2 s on web-7f9c9d-abcde", "description": "For 10 minutes requests have taken more than 2 s."},
			GeneratorURL: "http://prometheus.example.org:9090/graph?g0.expr=up", GroupKey: `{}:{alertname="HighLatency"}`,
		},
	}
}

func (f *fixture) opened(n id.Incident, key string) incident.Change {
	now := time.Now().UTC().Truncate(time.Microsecond)
	to := notification.Recipient{Kind: notification.ToUser, ID: "0192f1a0-0000-7000-8000-000000000002"}
	page := notification.PageKey{Incident: n, Round: 1, Pass: 1, Level: 1, Recipient: to}
	timer := incident.Timer{Incident: n, Kind: incident.TimerEscalate, Generation: 1, DueAt: now.Add(15 * time.Minute)}
	return incident.Change{
		State: incident.State{
			Number: n, ID: fmt.Sprintf("0192f1a0-0000-7000-8000-%012d", n), Service: "0192f1a0-0000-7000-8000-000000000003", ServiceName: "web-server", Environment: "prod",
			Title: "The 99th percentile is above 2 s on web-7f9c9d-abcde", Runbook: "https://runbooks.example.org/HighLatency", Severity: alert.Critical(),
			Source: incident.SourceAlert{Fingerprint: "f", StartsAt: now, Labels: f.labels()}, OpenedAt: now, UpdatedAt: now, Alerts: 1, Seq: 3,
			Core: incident.Core{
				Round: 1, Pass: 1, Level: 1, Walk: 1, Highest: 1, Timers: []incident.Timer{timer}, Generation: 1, Names: []incident.SeenName{{Name: "HighLatency", At: now}},
				Transitions: []incident.Transition{{Status: incident.Open(), At: now}}, Paged: []notification.Recipient{to}, LevelAt: now,
				Pages: []incident.PageState{{Pass: 1, Level: 1, Recipient: to, Until: now}}, Changes: []time.Time{now},
			},
		},
		Entries: []incident.Entry{
			{Seq: 1, At: now, Kind: incident.EntryOpened, Actor: incident.Actor{Kind: incident.BySource}, Text: "Opened by HighLatency"},
			{Seq: 2, At: now, Kind: "paged", Actor: incident.Actor{Kind: incident.BySystem}, Text: "Paged Ana: level 1 of web", Data: map[string]string{"level": "1"}},
		},
		Set: []incident.Timer{timer}, Point: []string{key},
		Pages: []notification.Page{{PageKey: page, Purpose: notification.PurposePage, Reason: "level 1 of web", Urgency: alert.High(), Severity: alert.Critical(), At: now, Deliveries: []notification.Delivery{{
			Page: page, Purpose: notification.PurposePage, Lane: notification.Lane(fmt.Sprintf("contact:0192f1a0-0000-7000-8000-%012d", n%100)), Kind: "sms", Urgency: alert.High(), Severity: alert.Critical(),
			CreatedAt: now, DueAt: now, ExpiresAt: now.Add(time.Hour), Status: notification.Waiting,
		}}}},
	}
}

// join adds 32 new alerts to 27 of the open incidents.
func join(ctx context.Context, r porttest.Repos, f *fixture) error {
	first := int(f.next.Add(group))
	var keys []string
	var alertKeys []alert.Key
	for i := range 27 {
		keys = append(keys, key((first+i)%100))
	}
	for i := range group {
		alertKeys = append(alertKeys, alert.Key{Integration: "0192f1a0-0000-7000-8000-000000000001", Fingerprint: fmt.Sprintf("%016x", first+i)})
	}
	if _, err := r.Directory.Current(ctx); err != nil {
		return err
	}
	if _, err := r.Alerts.Find(ctx, alertKeys); err != nil {
		return err
	}
	leads, err := r.Correlations.Lock(ctx, keys)
	if err != nil {
		return err
	}
	var numbers []id.Incident
	for _, k := range keys {
		numbers = append(numbers, leads[k])
	}
	states, err := r.Incidents.Lock(ctx, numbers)
	if err != nil {
		return err
	}
	var alerts []alert.Alert
	changes := map[id.Incident]*incident.Change{}
	for i, k := range alertKeys {
		n := numbers[i%27]
		c := changes[n]
		if c == nil {
			c = &incident.Change{State: states[n], Point: []string{keys[i%27]}}
			c.State.Seq++
			c.Entries = []incident.Entry{{Seq: c.State.Seq, At: time.Now(), Kind: incident.EntryJoined, Text: "1 alert joined", Data: map[string]string{"alerts": "1"}}}
			changes[n] = c
		}
		c.State.Alerts++
		alerts = append(alerts, f.alert(k.Fingerprint, n))
	}
	var list []incident.Change
	for _, n := range numbers {
		list = append(list, *changes[n])
	}
	if err := r.Incidents.Save(ctx, list); err != nil {
		return err
	}
	return r.Alerts.Save(ctx, alerts)
}

// openEach opens an incident of its own, with a page, for each of 32 alerts.
func openEach(ctx context.Context, r porttest.Repos, f *fixture) error {
	first := int(f.next.Add(group))
	var keys []string
	var alertKeys []alert.Key
	for i := range group {
		keys = append(keys, key(1000+first+i))
		alertKeys = append(alertKeys, alert.Key{Integration: "0192f1a0-0000-7000-8000-000000000001", Fingerprint: fmt.Sprintf("%016x", first+i)})
	}
	if _, err := r.Directory.Current(ctx); err != nil {
		return err
	}
	if _, err := r.Alerts.Find(ctx, alertKeys); err != nil {
		return err
	}
	if _, err := r.Correlations.Lock(ctx, keys); err != nil {
		return err
	}
	numbers, err := r.Incidents.Reserve(ctx, group)
	if err != nil {
		return err
	}
	var changes []incident.Change
	var alerts []alert.Alert
	for i, n := range numbers {
		c := f.opened(n, keys[i])
		changes = append(changes, c)
		alerts = append(alerts, f.alert(alertKeys[i].Fingerprint, n))
	}
	if err := r.Incidents.Save(ctx, changes); err != nil {
		return err
	}
	return r.Alerts.Save(ctx, alerts)
}

// refresh receives 32 known alerts again.
func refresh(ctx context.Context, r porttest.Repos, f *fixture) error {
	half := f.next.Add(1) % 2 * group
	var keys []alert.Key
	for i := range int64(group) {
		keys = append(keys, alert.Key{Integration: "0192f1a0-0000-7000-8000-000000000001", Fingerprint: fmt.Sprintf("old-%d", half+i)})
	}
	if _, err := r.Directory.Current(ctx); err != nil {
		return err
	}
	found, err := r.Alerts.Find(ctx, keys)
	if err != nil {
		return err
	}
	var alerts []alert.Alert
	for _, k := range keys {
		a := found[k]
		a.Received++
		a.LastSeen = time.Now()
		alerts = append(alerts, a)
	}
	return r.Alerts.Save(ctx, alerts)
}
