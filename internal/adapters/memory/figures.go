package memory

import (
	"context"
	"hash/fnv"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Figures reads what figures are made of.
func (db *DB) Figures() insight.Figures { return reader{db} }

func (r reader) Facts(_ context.Context, f insight.Filter, each func(*insight.Fact)) error {
	r.newestFirst(func(s *incident.State) {
		if !r.matches(&f, s) {
			return
		}
		fact := insight.Fact{
			Number: s.Number, OpenedAt: s.OpenedAt, Status: s.Status, Severity: s.Severity, Service: s.Service, Team: s.Team,
			Alike: alike(s), ToAnswer: -1, Lasted: -1, Answered: s.Answered(),
		}
		if first := s.FirstAnswer(); !first.IsZero() {
			fact.ToAnswer = max(0, first.Sub(s.OpenedAt))
		}
		if d, ok := s.Lasted(); ok {
			fact.Lasted = max(0, d)
		}
		each(&fact)
	})
	return nil
}

func alike(s *incident.State) int64 {
	name := s.Source.Labels["alertname"]
	if name == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(string(s.Service) + "\n" + name)) // never fails
	return int64(h.Sum64()>>1) | 1
}

func (r reader) Pages(_ context.Context, f insight.Filter, each func(*insight.PageFact)) error {
	r.newestFirst(func(s *incident.State) {
		if !r.matches(&f, s) {
			return
		}
		for key, p := range r.db.pages {
			if key.Incident == s.Number && key.Recipient.Kind == notification.ToUser && p.Purpose == notification.PurposePage {
				each(&insight.PageFact{User: id.User(key.Recipient.ID), Incident: s.Number, At: p.At, High: p.Urgency.IsHigh()})
			}
		}
	})
	return nil
}

func (r reader) Openers(_ context.Context, numbers []id.Incident) ([]insight.Opener, error) {
	var out []insight.Opener
	r.newestFirst(func(s *incident.State) {
		if slices.Contains(numbers, s.Number) {
			out = append(out, insight.Opener{Number: s.Number, Alert: s.Source.Labels["alertname"], Service: s.ServiceName, Severity: s.Severity})
		}
	})
	return out, nil
}

// answers looks at what figures look at.
func (r reader) answers(f *insight.Filter, s *incident.State) bool {
	return (f.Alert == "" || f.Alert == s.Source.Labels["alertname"]) && (f.Answered == nil || *f.Answered == s.Answered()) &&
		(f.Hour == nil || f.Hour.Is(s.OpenedAt)) && (f.Paged == nil || r.paged(f.Paged, s.Number)) &&
		(f.Integration == "" || r.from(f.Integration, s.Number))
}

// from says whether an alert of the incident came from an integration.
func (r reader) from(integration string, n id.Incident) bool {
	if i, ok := r.db.directory.FindIntegration(integration); ok {
		integration = string(i.ID)
	}
	tx := &Tx{db: r.db}
	return len(tx.alertsOf(func(a alert.Alert) bool { return a.Incident == n && string(a.Integration) == integration })) > 0
}

func (r reader) paged(want *insight.Paged, n id.Incident) bool {
	user := want.User
	if u, ok := r.db.directory.UserByEmail(user); ok {
		user = string(u.ID)
	}
	at := func(t time.Time, high bool) bool { return want.Night == nil || high && insight.Night(t, want.Night) }
	for key, p := range r.db.pages {
		if key.Incident == n && key.Recipient == (notification.Recipient{Kind: notification.ToUser, ID: user}) &&
			p.Purpose == notification.PurposePage && at(p.At, p.Urgency.IsHigh()) {
			return true
		}
	}
	return false
}

var _ insight.Figures = reader{}
