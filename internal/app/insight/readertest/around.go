package readertest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

type fixed time.Time

func (f fixed) Now() time.Time { return time.Time(f) }

// open stores incidents that the given name opened on a service, and gives their numbers.
func (s Store) open(t *testing.T, states ...incident.State) []id.Incident {
	t.Helper()
	var numbers []id.Incident
	s.do(t, func(ctx context.Context, r Repos) error {
		var err error
		if numbers, err = r.Incidents.Reserve(ctx, len(states)); err != nil {
			return err
		}
		changes := make([]incident.Change, len(states))
		for i, n := range numbers {
			st := states[i]
			st.Number, st.ID, st.UpdatedAt = n, fmt.Sprintf("id-%d", n), st.OpenedAt
			changes[i].State = st
		}
		return r.Incidents.Save(ctx, changes)
	})
	return numbers
}

func opened(service id.Service, name string, at time.Time) incident.State {
	return incident.State{
		Service: service, ServiceName: string(service), OpenedAt: at, Severity: alert.Critical(), Title: name + " on " + string(service),
		Source: incident.SourceAlert{Labels: map[string]string{"alertname": name}},
	}
}

// past is what opened says, over after some minutes.
func past(by incident.ActorKind, minutes int, acked bool) incident.State {
	s := opened("web", "Down", at(0).Add(-time.Duration(minutes)*time.Hour))
	s.Status, s.ResolvedBy = incident.Resolved(), incident.Actor{Kind: by, ID: "x"}
	s.ResolvedAt = s.OpenedAt.Add(time.Duration(minutes) * time.Minute)
	if acked {
		s.AckedAt, s.Assignee = s.OpenedAt.Add(time.Minute), incident.Actor{Kind: incident.ByUser, ID: "u1", Name: "Ana"}
	}
	return s
}

func similar(t *testing.T, s Store) {
	old := past(incident.BySource, 2, false)
	old.OpenedAt = at(0).Add(-31 * 24 * time.Hour)
	merged := past(incident.ByUser, 500, false)
	numbers := s.open(t, opened("web", "Down", at(0)), old, past(incident.BySource, 6, false), past(incident.BySource, 4, true),
		past(incident.ByUser, 30, true), opened("db", "Down", at(0)), opened("web", "Slow", at(0)), opened("web", "Down", at(-1)), merged,
		incident.State{Service: "web", OpenedAt: at(0)}, opened("web", "Down", at(1))) // the last is no past of the first
	s.do(t, func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, numbers)
		if err != nil {
			return err
		}
		st := m[numbers[8]]
		st.MergedInto = incident.Other{Number: numbers[0], ID: "id-1"}
		return r.Incidents.Save(ctx, []incident.Change{{State: st}})
	})
	use := insight.Similar{Reader: s.Reader, Around: s.Around}
	got, err := use.Do(t.Context(), viewer, numbers[0].String())
	if err != nil {
		t.Fatal(err)
	}
	newest := got.Newest
	got.Newest = nil
	want := insight.SimilarPast{Count: 5, Healed: 1, Answered: 1, ByPeople: 1, Merged: 1, Median: 6 * time.Minute}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(newest) != 5 || newest[0].Number != numbers[7] || newest[1].Number != numbers[3] || newest[1].Assignee.Name != "Ana" ||
		newest[1].ResolvedBy.Kind != incident.BySource || !newest[1].ResolvedAt.Equal(newest[1].OpenedAt.Add(4*time.Minute)) {
		t.Errorf("the newest: %+v", newest)
	}
	if got, err := use.Do(t.Context(), viewer, numbers[9].String()); err != nil || got.Count != 0 {
		t.Errorf("what no alert opened is like %+v, %v", got, err)
	}
	if _, err := use.Do(t.Context(), viewer, "#99999"); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("an unknown one gave %v", err)
	}
}

func storm(t *testing.T, s Store) {
	use := insight.Storm{Reader: s.Reader, Around: s.Around, Clock: fixed(at(59))}
	var states []incident.State
	add := func(n int, from time.Time, apart time.Duration, change func(*incident.State)) {
		for i := range n {
			st := opened(id.Service(fmt.Sprintf("s%d", i%4)), "Down", from.Add(time.Duration(i)*apart))
			change(&st)
			states = append(states, st)
		}
	}
	add(1, at(0), 0, func(*incident.State) {})
	add(12, at(10), 20*time.Second, func(st *incident.State) { // 12 in 3:40
		if st.OpenedAt.Equal(at(11)) {
			st.Status = incident.Acknowledged()
		}
	})
	add(12, at(20), 0, func(st *incident.State) { st.Severity = alert.Info() })
	add(12, at(30), 0, func(st *incident.State) { st.Status = incident.Resolved() })
	add(10, at(40), time.Minute, func(*incident.State) {})
	numbers := s.open(t, states...)
	s.do(t, func(ctx context.Context, r Repos) error {
		var alerts []alert.Alert
		for i := range 10 {
			a := alert.Alert{Key: alert.Key{Integration: "i", Fingerprint: fmt.Sprint(i)}, Firing: i < 9, Incident: numbers[1+i]}
			a.Labels = map[string]string{"node": "n7", "pod": fmt.Sprint(i), "severity": "critical"}
			if i < 3 {
				a.Labels["node"] = "n1"
			}
			alerts = append(alerts, a)
		}
		return r.Alerts.Save(ctx, alerts)
	})
	got, err := use.Do(t.Context(), viewer)
	want := insight.StormCard{
		Incidents: 12, Services: 4, Began: at(10), Newest: at(13).Add(40 * time.Second), First: insight.Opened{Number: numbers[1], At: at(10), Service: "s0"},
		Title: "Down on s0", Service: "s0", Alerts: 9, Shares: []alert.Share{{Name: "node", Value: "n7", Alerts: 6}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	use.Clock = fixed(at(10).Add(25 * time.Hour))
	if got, err := use.Do(t.Context(), viewer); err != nil || got.Incidents != 0 {
		t.Errorf("a day later: %+v, %v", got, err)
	}
}
