package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// Each request is asked of an open critical incident #1 of api, and an acknowledged one, #2, of db.
func TestWorkOnIncidents(t *testing.T) {
	t.Parallel()
	const one = "POST /api/v1/incidents/1/"
	for name, c := range map[string]struct {
		call
		want int
		has  []string
	}{
		"snooze":                   {call{do: one + "snooze", body: `{"minutes":60}`}, 200, []string{`"status":"acknowledged"`, `"changed":true`, "#1 is snoozed until", "Rita owns it."}},
		"snooze by neither":        {call{do: one + "snooze", body: `{}`}, 400, []string{"incident.snooze_until"}},
		"snooze by both":           {call{do: one + "snooze", body: `{"minutes":60,"until":"2026-03-01T12:00:00Z"}`}, 400, []string{"incident.snooze_until"}},
		"snooze into the past":     {call{do: one + "snooze", body: `{"until":"2026-03-01T12:00:00Z"}`}, 400, []string{"incident.snooze_until"}},
		"take over":                {call{do: "POST /api/v1/incidents/2/take-over"}, 200, []string{`"changed":false`, "Nothing to do."}},
		"pass on to the next":      {call{do: one + "pass-on"}, 200, []string{"paging goes on"}},
		"pass on to a person":      {call{do: one + "pass-on", body: `{"to":{"user":"ANA@example.org"}}`}, 200, []string{`"status":"open"`}},
		"to a person and a team":   {call{do: one + "pass-on", body: `{"to":{"user":"ana@example.org","team":"web"}}`}, 400, []string{"incident.whom"}},
		"reassign to nobody":       {call{do: one + "reassign", body: `{}`}, 400, []string{"incident.whom"}},
		"reassign to an unknown":   {call{do: one + "reassign", body: `{"to":{"team":"x"}}`}, 404, []string{"team.not_found"}},
		"without a way to be told": {call{do: one + "responders", body: `{"to":{"team":"web"}}`}, 400, []string{"incident.unreachable"}},
		"escalate now":             {call{do: one + "escalate", body: `{"note":"quick"}`}, 200, []string{`"changed":true`}},
		"add a responder":          {call{do: "POST /api/v1/incidents/2/responders", body: `{"to":{"user":"ana@example.org"}}`}, 200, []string{`"status":"acknowledged"`}},
		"stop paging":              {call{do: one + "stop-paging"}, 409, []string{"incident.not_a_responder"}},
		"give back":                {call{do: "POST /api/v1/incidents/2/reopen"}, 200, []string{`"status":"open"`, `"changed":true`}},
		"reopen what is open":      {call{do: one + "reopen"}, 200, []string{`"changed":false`}},
		"set a priority":           {call{do: one + "priority", body: `{"priority":"P2"}`}, 200, []string{`"changed":true`}},
		"an unknown priority":      {call{do: one + "priority", body: `{"priority":"P9"}`}, 422, nil},
		"a note":                   {call{do: one + "note", body: `{"note":"hm"}`}, 200, []string{`"changed":true`}},
		"an empty note":            {call{do: one + "note", body: `{"note":" "}`}, 400, []string{"incident.note_empty"}},
		"merge":                    {call{do: one + "merge", body: `{"with":[2]}`}, 200, []string{"#2 goes on in #1 is open"}},
		"merge with nothing":       {call{do: one + "merge", body: `{"with":["#1"]}`}, 400, []string{"incident.merge_same"}},
		"merge with an unknown":    {call{do: one + "merge", body: `{"with":["7"]}`}, 404, []string{"incident.not_found"}},
		"each its own decision": {call{do: "POST /api/v1/incidents/bulk", body: `{"do":"snooze","minutes":5,"ids":[1,2,7]}`}, 200,
			[]string{"#1 is snoozed", "#2 is snoozed", `"code":"incident.not_found"`}},
		"many acknowledged": {call{do: "POST /api/v1/incidents/bulk", body: `{"do":"acknowledge","ids":[1,2]}`}, 200, []string{`"changed":true`}},
		"many resolved":     {call{do: "POST /api/v1/incidents/bulk", body: `{"do":"resolve","ids":[1,2]}`}, 200, []string{"#1 is resolved.", "#2 is resolved."}},
		"many taken over":   {call{do: "POST /api/v1/incidents/bulk", body: `{"do":"take-over","ids":[1]}`}, 200, []string{"Rita owns it"}},
		"many passed on":    {call{do: "POST /api/v1/incidents/bulk", body: `{"do":"pass-on","to":{"user":"ana@example.org"},"ids":[1,2]}`}, 200, []string{"#1 is open", "#2 is open"}},
		"many to nobody":    {call{do: "POST /api/v1/incidents/bulk", body: `{"do":"pass-on","to":{"team":"x"},"ids":[1,2]}`}, 200, []string{`"code":"team.not_found"`}},
		"many given back":   {call{do: "POST /api/v1/incidents/bulk", body: `{"do":"reopen","ids":[2]}`}, 200, []string{"#2 is open"}},
		"many prioritised":  {call{do: "POST /api/v1/incidents/bulk", body: `{"do":"set-priority","priority":"P1","ids":[1,2]}`}, 200, []string{`"changed":true`}},
		"many of nothing":   {call{do: "POST /api/v1/incidents/bulk", body: `{"do":"dance","ids":[1]}`}, 422, nil},
		"page now": {call{do: "POST /api/v1/incidents", body: `{"title":"help","service":"api","to":[{"user":"ana@example.org"}]}`}, 201,
			[]string{`"number":3`, "#3 is open: paging goes on."}},
		"page nobody":            {call{do: "POST /api/v1/incidents", body: `{"title":"help","to":[{}]}`}, 400, []string{"incident.whom"}},
		"page without a word":    {call{do: "POST /api/v1/incidents", body: `{"title":" ","to":[{"user":"ana@example.org"}]}`}, 400, []string{"incident.title"}},
		"page about nothing":     {call{do: "POST /api/v1/incidents", body: `{"title":"x","service":"nothing","to":[{"user":"ana@example.org"}]}`}, 404, []string{"service.not_found"}},
		"page as if nothing was": {call{do: "POST /api/v1/incidents", body: `{"title":"x","severity":"info","to":[{"user":"ana@example.org"}]}`}, 400, []string{"incident.severity"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := worked(t)
			c.as = directory.Responder
			w := b.call(t, c.call)
			if w.Code != c.want {
				t.Errorf("%d, want %d: %s", w.Code, c.want, w.Body)
			}
			for _, has := range c.has {
				if !strings.Contains(w.Body.String(), has) {
					t.Errorf("lacks %s: %s", has, w.Body)
				}
			}
		})
	}
}

func worked(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	b.alerts(t, "api", "critical")
	b.alerts(t, "db2", "error")
	b.call(t, call{do: "POST /resolve", as: directory.Responder, body: `{"id":2,"status":"acknowledged"}`})
	return b
}

func TestAPageThatIsSentAgainPagesOnce(t *testing.T) {
	t.Parallel()
	b := worked(t)
	send := func(as directory.Role, key string) string {
		return b.call(t, call{do: "POST /api/v1/incidents", as: as, header: map[string]string{"Idempotency-Key": key},
			body: `{"title":"help","service":"api","to":[{"user":"ana@example.org"}]}`}).Body.String()
	}
	for _, c := range []struct {
		as   directory.Role
		key  string
		want string
	}{
		{directory.Responder, "k1", `"number":3,"status":"open","changed":true`},
		{directory.Responder, "k1", `"number":3,"status":"open","changed":false`},
		{directory.Responder, "k2", `"number":4,"status":"open","changed":true`},
		{directory.Admin, "k1", `"number":5,"status":"open","changed":true`}, // somebody else's key
	} {
		if got := send(c.as, c.key); !strings.Contains(got, c.want) {
			t.Errorf("%s by %s: lacks %s: %s", c.key, c.as, c.want, got)
		}
	}
}

// get reads JSON as a viewer.
func (b *bundle) get(t *testing.T, path string, into any) {
	t.Helper()
	w := b.call(t, call{do: "GET " + path, as: directory.Viewer})
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s: %v", path, w.Code, w.Body, err)
	}
}

func TestWhatStandsBesideAnIncident(t *testing.T) {
	t.Parallel()
	b := worked(t)
	b.call(t, call{do: "POST /api/v1/incidents/1/merge", as: directory.Responder, body: `{"with":[2]}`})
	var i struct {
		Merged     []otherBody
		MergedInto *otherBody `json:"merged_into"`
		Next       *nextBody
	}
	b.get(t, "/api/v1/incidents/2", &i)
	if i.MergedInto == nil || i.MergedInto.Number != 1 || i.Next != nil {
		t.Errorf("#2 is %+v", i)
	}
	i.MergedInto = nil
	b.get(t, "/api/v1/incidents/1", &i)
	if i.MergedInto != nil || len(i.Merged) != 1 || i.Next == nil || i.Next.At.IsZero() {
		t.Errorf("#1 is %+v", i)
	}
	page := b.call(t, call{do: "GET /i/2", as: directory.Responder}).Body.String()
	if !strings.Contains(page, "#1 ") || !strings.Contains(page, ">open<") {
		t.Errorf("the link of #2 shows %s", page)
	}
	if w := b.call(t, call{do: "POST /plain/i/2/acknowledge", as: directory.Responder}); !strings.Contains(w.Body.String(), "acknowledged by Rita") {
		t.Errorf("the button of #2 gives %s", w.Body)
	}
	var alerts struct {
		Alerts []any
		Shared map[string]string
	}
	b.get(t, "/api/v1/incidents/1/alerts", &alerts)
	if len(alerts.Alerts) != 2 || len(alerts.Shared) != 1 || alerts.Shared["alertname"] != "Down" {
		t.Errorf("its alerts: %+v", alerts)
	}
	var past similarBody
	b.get(t, "/api/v1/incidents/1/similar", &past)
	if past.Count != 0 || past.Newest == nil || past.Median != nil {
		t.Errorf("similar: %+v", past)
	}
	var card stormBody
	if b.get(t, "/api/v1/storm", &card); card.Incidents != 0 || card.First != nil || card.Shares == nil {
		t.Errorf("a calm is %+v", card)
	}
	for n := range 12 {
		b.alerts(t, strings.Repeat("x", 10+n), "critical")
	}
	if b.get(t, "/api/v1/storm", &card); card.Incidents != 13 || card.Services != 13 || card.First == nil || card.First.Number != 1 || card.Shares[0].Alerts != 14 {
		t.Errorf("the storm is %+v", card)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	b.get(t, "/api/openapi.json", &doc)
	for _, field := range []string{"next", "snoozed_until", "priority", "merged_into", "title"} {
		if doc.Components.Schemas["IncidentBody"].Properties[field] == nil {
			t.Errorf("the document does not know %s of an incident", field)
		}
	}
}
