package insight

import (
	"context"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// endless is a reader that always has more.
type endless struct{ Reader }

func (endless) List(_ context.Context, f Filter) ([]incident.State, error) {
	return make([]incident.State, f.Limit), nil
}

func TestWhatIsWrongWithAListIsSaid(t *testing.T) {
	t.Parallel()
	u := ListIncidents{endless{}}
	first, err := u.Do(t.Context(), viewer, IncidentQuery{Service: "web", Sort: "-opened_at"})
	if err != nil || first.NextCursor == "" || len(first.Incidents) != 50 {
		t.Fatalf("first page: %d incidents, cursor %q, %v", len(first.Incidents), first.NextCursor, err)
	}
	cursor := first.NextCursor
	for _, c := range []struct {
		name string
		by   directory.Principal
		q    IncidentQuery
		code string
	}{
		{"the same list goes on", viewer, IncidentQuery{Service: "web", Cursor: cursor}, ""},
		{"with another page size too", viewer, IncidentQuery{Service: "web", Cursor: cursor, Limit: 7}, ""},
		{"other filters", viewer, IncidentQuery{Service: "db", Cursor: cursor}, "cursor.filters"},
		{"more filters", viewer, IncidentQuery{Service: "web", Since: time.Unix(1, 0), Cursor: cursor}, "cursor.filters"},
		{"another order", viewer, IncidentQuery{Service: "web", Sort: "opened_at", Cursor: cursor}, "cursor.filters"},
		{"no cursor", viewer, IncidentQuery{Cursor: "!"}, "cursor.unreadable"},
		{"no JSON in it", viewer, IncidentQuery{Cursor: "AAAA"}, "cursor.unreadable"},
		{"status", viewer, IncidentQuery{Status: "open,closed"}, "incidents.status"},
		{"severity", viewer, IncidentQuery{Severity: "bad"}, "incidents.severity"},
		{"sort", viewer, IncidentQuery{Sort: "title"}, "incidents.sort"},
		{"an alert of no service", viewer, IncidentQuery{Alert: "Down"}, "incidents.alert"},
		{"an alert of a service", viewer, IncidentQuery{Alert: "Down", Service: "web"}, ""},
		{"answered", viewer, IncidentQuery{Answered: "maybe"}, "incidents.answered"},
		{"an hour of no time", viewer, IncidentQuery{Hour: "7"}, "incidents.hour"},
		{"an hour that no week has", viewer, IncidentQuery{Hour: "168", Since: now, Until: now.Add(time.Hour)}, "incidents.hour"},
		{"an hour of too long a time", viewer, IncidentQuery{Hour: "7", Since: now, Until: now.AddDate(4, 0, 0)}, "incidents.hour"},
		{"an hour in no zone", viewer, IncidentQuery{Hour: "7", Zone: "Mars/Base", Since: now, Until: now.Add(time.Hour)}, "insight.zone"},
		{"this server's own zone", viewer, IncidentQuery{Hour: "7", Zone: "Local", Since: now, Until: now.Add(time.Hour)}, "insight.zone"},
		{"an hour", viewer, IncidentQuery{Hour: "167", Zone: "Asia/Kathmandu", Since: now, Until: now.Add(time.Hour)}, ""},
		{"nights of nobody", viewer, IncidentQuery{Night: "UTC", Since: now, Until: now.Add(time.Hour)}, "incidents.night"},
		{"nights of no time", viewer, IncidentQuery{Night: "UTC", Paged: "ana@example.org"}, "incidents.night"},
		{"nights", viewer, IncidentQuery{Night: "UTC", Paged: "ana@example.org", Since: now, Until: now.Add(time.Hour)}, ""},
		{"limit", viewer, IncidentQuery{Limit: 501}, "incidents.limit"},
		{"nobody", directory.Principal{}, IncidentQuery{}, "auth.required"},
	} {
		_, err := u.Do(t.Context(), c.by, c.q)
		if err != nil {
			if fault.Of(err).Code != c.code {
				t.Errorf("%s: %v, want %q", c.name, err, c.code)
			}
		} else if c.code != "" {
			t.Errorf("%s: accepted, want %s", c.name, c.code)
		}
	}
}
