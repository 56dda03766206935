package intake

import (
	"context"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// leased is an alert as Prometheus sends it every minute while it fires.
func (b *bundle) leased(name string) alert.Signal {
	s := b.firing(name)
	s.Lease, s.Sender = 20*time.Minute, "prom-1:9090"
	return s
}

// liveSending lets time pass while a sender repeats these alerts.
func (b *bundle) liveSending(t *testing.T, d time.Duration, signals ...alert.Signal) {
	t.Helper()
	for ; d > 0; d -= time.Minute {
		b.send(t, signals...)
		b.live(t, time.Minute)
		b.refireAll(t)
	}
}

// titles are those of the unresolved incidents, by number.
func (b *bundle) titles(t *testing.T) (out []string) {
	t.Helper()
	for _, s := range b.open(t) {
		out = append(out, s.ServiceName+": "+s.Title)
	}
	return out
}

func (b *bundle) want(t *testing.T, when string, titles ...string) {
	t.Helper()
	got := b.titles(t)
	if len(got) != len(titles) {
		t.Fatalf("%s: open are %q, want %q", when, got, titles)
	}
	for i := range got {
		if got[i] != titles[i] {
			t.Errorf("%s: open are %q, want %q", when, got, titles)
		}
	}
}

const silentTitle = "rouse: A source is silent while its alerts fire, which may be over: the integration am prom-1:9090"

// One that its sender does not send any more, while it sends others, is over.
func TestLeaseEndsWhereItsSenderIsHeard(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	disk, other := b.leased("DiskFull"), b.leased("Other")
	other.Labels["service"] = "api"
	b.liveSending(t, 5*time.Minute, disk, other)
	b.liveSending(t, 20*time.Minute, other)
	b.want(t, "before the sender was heard for a full lease without it", "web: DiskFull", "api: Other")
	b.liveSending(t, 6*time.Minute, other)
	b.want(t, "after it", "api: Other")
	if s := b.state(t, 1); s.ResolvedBy.Kind != incident.BySystem || s.ResolvedBy.Name != "lease" {
		t.Errorf("resolved by %+v", s.ResolvedBy)
	}
	if got := b.send(t, disk); got[0].Outcome != Joined || got[0].Incident != 1 { // such an end makes nothing late
		t.Errorf("it fires again: %+v", got)
	}
}

// A sender that nobody hears says nothing: paging goes on, and people are told.
func TestSilentSenderResolvesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	disk := b.leased("DiskFull")
	b.liveSending(t, 5*time.Minute, disk)
	b.live(t, 18*time.Minute)
	b.refireAll(t)
	b.want(t, "within the lease", "web: DiskFull")
	for range 300 {
		b.live(t, time.Minute)
		b.refireAll(t)
	}
	b.want(t, "after hours of silence", "web: DiskFull", silentTitle)
	b.liveSending(t, 10*time.Minute, disk)
	b.want(t, "when it is heard", "web: DiskFull")
	b.liveSending(t, time.Hour, disk)
	b.want(t, "while it is heard", "web: DiskFull")
}

// One that has come back must be heard for as long as the lease before its silence about an alert counts.
func TestSenderThatCameBackIsHeardOutFirst(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	disk, other := b.leased("DiskFull"), b.leased("Other")
	other.Labels["service"] = "api"
	b.liveSending(t, time.Minute, disk)
	b.live(t, 19*time.Minute)
	b.liveSending(t, 19*time.Minute, other) // it has restarted, and needs a while to know what fires
	b.want(t, "before it was heard for a full lease", "web: DiskFull", "api: Other")
	b.liveSending(t, 10*time.Minute, other)
	b.want(t, "after it", "api: Other")
}

// While nobody listened nobody could be heard.
func TestLeaseIsLongerByOurDowntime(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.live(t, time.Minute)
	b.liveSending(t, 2*time.Minute, b.leased("DiskFull"))
	b.forward(time.Hour)
	b.refireAll(t)
	b.live(t, 19*time.Minute)
	b.refireAll(t)
	b.want(t, "19 minutes after a downtime", "web: DiskFull")
	b.live(t, 7*time.Minute)
	b.refireAll(t)
	b.want(t, "a full lease after it", "web: DiskFull", silentTitle)
}

func (b *bundle) heartbeat(t *testing.T, every, grace time.Duration) *directory.Integration {
	t.Helper()
	in := directory.Integration{ID: "backup", Name: "backup", Kind: directory.Heartbeat, Every: every, Grace: grace}
	err := b.tx(t.Context(), func(ctx context.Context, r Repos) error {
		return r.Catalog.Apply(ctx, directory.Edit{Integrations: []directory.Integration{in}})
	})
	if err != nil {
		t.Fatal(err)
	}
	return &in
}

// alive gives a sign of life.
func (b *bundle) alive(t *testing.T, in *directory.Integration) Result {
	t.Helper()
	s := alert.Signal{Fingerprint: "heartbeat", Every: in.Silence(), Labels: map[string]string{"alertname": "HeartbeatMissing", "service": "backup"}}
	got, err := b.receive.Do(t.Context(), in, []alert.Signal{s}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return got[0]
}

func TestMissingHeartbeat(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.live(t, time.Minute)
	in := b.heartbeat(t, 10*time.Minute, time.Minute)
	b.alive(t, in)
	b.live(t, 10*time.Minute+40*time.Second)
	b.refireAll(t)
	b.alive(t, in)
	b.live(t, 10*time.Minute+40*time.Second)
	b.refireAll(t)
	b.want(t, "within interval and grace")
	b.live(t, 40*time.Second)
	b.refireAll(t)
	b.want(t, "past them", "backup: HeartbeatMissing")
	b.live(t, time.Hour)
	b.refireAll(t)
	b.want(t, "and on", "backup: HeartbeatMissing")
	if got := b.alive(t, in); got.Outcome != Resolved || got.Incident != 1 {
		t.Errorf("back: %+v", got)
	}
	b.want(t, "back")
	b.live(t, 12*time.Minute)
	b.refireAll(t)
	b.want(t, "missing again", "backup: HeartbeatMissing")
}

// After a downtime, and after a restart that nobody would call one, it has all its time again.
func TestHeartbeatIsNotMissingForOurDowntime(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]time.Duration{"an hour": time.Hour, "a moment": 5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.live(t, time.Minute)
			in := b.heartbeat(t, 10*time.Minute, time.Minute)
			b.alive(t, in)
			b.live(t, 10*time.Minute)
			b.forward(away)
			b.refire.up = &Uptime{Clock: b, Log: b.refire.up.Log, Atomically: b.refire.up.Atomically} // another program
			b.refireAll(t)
			b.live(t, 10*time.Minute)
			b.refireAll(t)
			b.want(t, "within interval and grace of the start")
			b.live(t, 2*time.Minute)
			b.refireAll(t)
			b.want(t, "past them", "backup: HeartbeatMissing")
		})
	}
}

// What its integration asks for today counts; one that is disabled, or gone, misses nothing.
func TestHeartbeatFollowsItsIntegration(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.alive(t, b.heartbeat(t, 10*time.Minute, 0))
	b.heartbeat(t, time.Hour, 0)
	b.live(t, 50*time.Minute)
	b.refireAll(t)
	b.want(t, "within what it asks for now")
	err := b.tx(t.Context(), func(ctx context.Context, r Repos) error {
		return r.Catalog.Apply(ctx, directory.Edit{DeleteIntegrations: []id.Integration{"backup"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	b.live(t, 2*time.Hour)
	b.refireAll(t)
	b.want(t, "gone")
}
