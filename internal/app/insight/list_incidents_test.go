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
	viewer := directory.Principal{Role: directory.Viewer}
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
