package store_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports/porttest"
)

// many stores n open incidents over 100 services.
func many(tb testing.TB, db *store.DB, n int) {
	atomically := store.Atomic(db, store.Intake, repos)
	f := &fixture{}
	began := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	err := atomically(tb.Context(), func(ctx context.Context, r porttest.Repos) error {
		var e directory.Edit
		for i := range 100 {
			e.Services = append(e.Services, directory.Service{ID: id.Service(fmt.Sprintf("0192f1a0-0000-7000-8000-%012d", i)), Name: fmt.Sprintf("service-%d", i)})
		}
		return r.Catalog.Apply(ctx, e)
	})
	if err != nil {
		tb.Fatal(err)
	}
	for from := 0; from < n; from += 500 {
		err := atomically(tb.Context(), func(ctx context.Context, r porttest.Repos) error {
			numbers, err := r.Incidents.Reserve(ctx, 500)
			if err != nil {
				return err
			}
			changes := make([]incident.Change, 500)
			for i, number := range numbers {
				c := f.opened(number, key(from+i))
				s := &c.State
				s.Service = id.Service(fmt.Sprintf("0192f1a0-0000-7000-8000-%012d", i%100))
				s.ServiceName, s.Environment = fmt.Sprintf("service-%d", i%100), []string{"prod", "staging", "test"}[i%3]
				s.Severity, s.Team = alert.SeverityOfRank(i%5), id.Team(fmt.Sprintf("team-%d", i%7))
				s.OpenedAt = began.Add(time.Duration(from+i) * time.Second)
				changes[i] = c
			}
			return r.Incidents.Save(ctx, changes)
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkList times first pages and the audit with 1,000 and 100,000 open incidents (ROUSE_SCALE overrides).
func BenchmarkList(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, n := range []int{1000, 100_000} {
			if os.Getenv("ROUSE_SCALE") != "" && fmt.Sprint(n) != os.Getenv("ROUSE_SCALE") {
				continue
			}
			db := open(b, engines[engine](b))
			many(b, db, n)
			fires(b, db, n)
			for _, c := range append(lists(), around(n)...) {
				b.Run(fmt.Sprintf("%s/%d/%s", engine, n, c.name), func(b *testing.B) {
					for b.Loop() {
						if err := c.do(b.Context(), db); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

type timed struct {
	name string
	do   func(context.Context, *store.DB) error
}

func lists() []timed {
	var out []timed
	viewer := directory.Principal{Role: directory.Viewer}
	for _, q := range []struct {
		name string
		insight.IncidentQuery
	}{
		{"none", insight.IncidentQuery{}},
		{"status", insight.IncidentQuery{Status: "open"}},
		{"status_nomatch", insight.IncidentQuery{Status: "resolved"}},
		{"service", insight.IncidentQuery{Service: "service-7"}},
		{"service_nomatch", insight.IncidentQuery{Service: "nobody"}},
		{"environment", insight.IncidentQuery{Environment: "staging"}},
		{"severity", insight.IncidentQuery{Severity: "critical"}},
		{"team", insight.IncidentQuery{Team: "team-3"}},
		{"assignee_nomatch", insight.IncidentQuery{Assignee: "ana@example.org"}},
		{"status+service", insight.IncidentQuery{Status: "open", Service: "service-7"}},
		{"status+severity_nomatch", insight.IncidentQuery{Status: "acknowledged", Severity: "critical"}},
		{"since", insight.IncidentQuery{Since: time.Date(2026, 11, 1, 0, 5, 0, 0, time.UTC)}},
		{"service+environment", insight.IncidentQuery{Service: "service-7", Environment: "prod"}},
		{"three_nomatch", insight.IncidentQuery{Service: "service-7", Environment: "nowhere", Severity: "critical"}},
		{"q", insight.IncidentQuery{Q: "percentile"}},
		{"q_nomatch", insight.IncidentQuery{Q: "zebra"}},
		{"q+status+env_nomatch", insight.IncidentQuery{Q: "zebra", Status: "open", Environment: "prod"}},
	} {
		out = append(out, timed{q.name, func(ctx context.Context, db *store.DB) error {
			_, err := insight.ListIncidents{Reader: db.Insight()}.Do(ctx, viewer, q.IncidentQuery)
			return err
		}})
	}
	out = append(out, timed{"orphans", func(ctx context.Context, db *store.DB) error {
		return store.Read(db, repos)(ctx, func(ctx context.Context, r porttest.Repos) error {
			_, err := r.Auditor.Orphans(ctx, 500)
			return err
		})
	}}, timed{"planned", func(ctx context.Context, db *store.DB) error {
		return store.Read(db, repos)(ctx, func(ctx context.Context, r porttest.Repos) error {
			_, err := r.Auditor.Planned(ctx, 50_000, 500)
			return err
		})
	}}, timed{"counts", func(ctx context.Context, db *store.DB) error {
		_, err := db.Insight().Counts(ctx)
		return err
	}})
	return out
}

// fires lets an alert of each of the newest incidents fire: of 2,000 that page somebody, where there are as many.
func fires(tb testing.TB, db *store.DB, n int) {
	f := &fixture{}
	err := store.Atomic(db, store.Intake, repos)(tb.Context(), func(ctx context.Context, r porttest.Repos) error {
		var alerts []alert.Alert
		for i := max(1, n-3399); i <= n; i++ {
			alerts = append(alerts, f.alert(key(i), id.Incident(i)))
		}
		return r.Alerts.Save(ctx, alerts)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// around are what stands beside the newest incident: a thousand similar ones, and a storm of as many as are looked at.
func around(n int) []timed {
	viewer := directory.Principal{Role: directory.Viewer}
	return []timed{{"similar", func(ctx context.Context, db *store.DB) error {
		past, err := insight.Similar{Reader: db.Insight(), Around: db.Around()}.Do(ctx, viewer, fmt.Sprint(n))
		if want := min(n/100, 1000) - 1; err == nil && past.Count != want {
			err = fmt.Errorf("%d are similar, want %d", past.Count, want)
		}
		return err
	}}, {"storm", func(ctx context.Context, db *store.DB) error {
		card, err := insight.Storm{Reader: db.Insight(), Around: db.Around()}.Do(ctx, viewer)
		if want := min(n*3/5, 2000); err == nil && (card.Incidents != want || card.Alerts != want) {
			err = fmt.Errorf("a storm of %d incidents and %d alerts, want %d", card.Incidents, card.Alerts, want)
		}
		return err
	}}}
}
