package metrics_test

import (
	"context"
	"maps"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/rouse-oncall/rouse/internal/adapters/metrics"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// family gives the series of a metric.
func family(t *testing.T, m *metrics.Metrics, name string) []*dto.Metric {
	t.Helper()
	families, err := m.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()
		}
	}
	t.Fatalf("there is no %s", name)
	return nil
}

// Only the first acknowledgement counts, by whatever it was done; what opened before a restart and was answered then, too.
func TestTheFirstAcknowledgementIsObserved(t *testing.T) {
	t.Parallel()
	m := metrics.New("test")
	opened := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	first, later := opened.Add(90*time.Second), opened.Add(time.Hour)
	s := incident.State{Number: 1, ServiceName: "web", Environment: "prod", OpenedAt: opened}
	m.Changed([]incident.Change{{State: s, Entries: []incident.Entry{{Kind: incident.EntryOpened, At: opened}}}})
	s.Transitions = []incident.Transition{{Status: incident.Open(), At: opened}, {Status: incident.Acknowledged(), At: first}}
	m.Changed([]incident.Change{{State: s, Entries: []incident.Entry{{Kind: incident.EntryTaken, At: first}, {Kind: incident.EntryNote, At: first}}}})
	m.Changed([]incident.Change{{State: s, Entries: []incident.Entry{{Kind: incident.EntryNote, At: first}}}})
	s.Transitions = append(s.Transitions, incident.Transition{Status: incident.Open(), At: later}, incident.Transition{Status: incident.Acknowledged(), At: later})
	m.Changed([]incident.Change{{State: s, Entries: []incident.Entry{{Kind: incident.EntryAcked, At: later}}}})
	h := family(t, m, "rouse_incident_acknowledge_seconds")[0].GetHistogram()
	if h.GetSampleCount() != 1 || h.GetSampleSum() != 90 {
		t.Errorf("%d were observed, %v s together; want one of 90 s", h.GetSampleCount(), h.GetSampleSum())
	}
	if n := value(t, m, "rouse_incident_opened_total"); n != 1 {
		t.Errorf("%v incidents opened", n)
	}
}

// A Prometheus that cannot read native histograms still gets the classic buckets.
func TestTimesOfIncidentsAreNativeAndClassic(t *testing.T) {
	t.Parallel()
	m := metrics.New("test")
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	s := incident.State{Number: 1, OpenedAt: now.Add(-100 * time.Second)}
	m.Changed([]incident.Change{{State: s, Entries: []incident.Entry{{Kind: incident.EntryResolved, At: now}}}})
	h := family(t, m, "incident_duration_seconds")[0].GetHistogram()
	if len(h.GetBucket()) != 11 || h.GetBucket()[0].GetUpperBound() != 30 {
		t.Errorf("the classic buckets are %v", h.GetBucket())
	}
	if len(h.GetPositiveSpan()) != 1 || h.GetSchema() < 3 {
		t.Errorf("native: schema %d, spans %v", h.GetSchema(), h.GetPositiveSpan())
	}
}

// Alerts that begin to fire are counted by service; what people open and reopen has none.
func TestAlertsOfIncidentsAreCounted(t *testing.T) {
	t.Parallel()
	m := metrics.New("test")
	source, person := incident.Actor{Kind: incident.BySource}, incident.Actor{Kind: incident.ByUser}
	m.Changed([]incident.Change{{State: incident.State{Number: 1}, Entries: []incident.Entry{
		{Kind: incident.EntryOpened, Actor: source},
		{Kind: incident.EntryJoined, Actor: source, Data: map[string]string{"alerts": "12"}},
		{Kind: incident.EntryReopened, Actor: source}, {Kind: incident.EntryReopened, Actor: person}, {Kind: incident.EntryOpened, Actor: person},
	}}})
	if n := value(t, m, "rouse_incident_alerts_total"); n != 14 {
		t.Errorf("%v alerts, want 14", n)
	}
}

// owned is a directory that does not change.
type owned struct{ now *directory.Snapshot }

func (o owned) Current(context.Context) (*directory.Snapshot, error) { return o.now, nil }

func TestEachServiceHasItsTeam(t *testing.T) {
	t.Parallel()
	m := metrics.New("test")
	from := owned{&directory.Snapshot{
		Teams: map[id.Team]*directory.Team{"t": {ID: "t", Name: "Web"}},
		Services: map[id.Service]*directory.Service{
			"1": {ID: "1", Name: "shop", Team: "t"}, "2": {ID: "2", Name: "nobody's"}, "3": {ID: "3", Name: "left", Team: "gone"},
		},
	}}
	m.Services(func(ctx context.Context, f func(context.Context, ports.Directory) error) error { return f(ctx, from) })
	got := map[string]string{}
	for _, s := range family(t, m, "rouse_service_info") {
		got[s.GetLabel()[0].GetValue()] = s.GetLabel()[1].GetValue()
	}
	if want := map[string]string{"shop": "Web", "nobody's": "_none", "left": "_none", "_other": "_other"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
