package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// edits are calls one after the other: the answer's status, and words that are or are not (!) in it.
type editCase struct {
	do   string
	as   directory.Role
	body string
	want int
	says []string
}

func (b *bundle) edits(t *testing.T, cases ...editCase) {
	t.Helper()
	for _, c := range cases {
		if c.as == "" {
			c.as = directory.Admin
		}
		w := b.call(t, call{do: c.do, as: c.as, body: c.body})
		if w.Code != c.want {
			t.Fatalf("%s %s as %s: %d %s", c.do, c.body, c.as, w.Code, w.Body)
		}
		for _, text := range c.says {
			if absent, not := strings.CutPrefix(text, "!"); not == strings.Contains(w.Body.String(), absent) {
				t.Errorf("%s: %q is not as it should be in %s", c.do, text, w.Body)
			}
		}
	}
}

func TestEditing(t *testing.T) {
	t.Parallel()
	for name, cases := range map[string][]editCase{
		"a service": {
			{do: "POST /api/v1/services", body: `{"name":" shop ","team":"web","correlate":"labels","correlate_labels":["zone"],"channels":["ops"],"rules":{"grace":"10m","hold_warning":"0s"}}`, want: 201,
				says: []string{`"name":"shop"`, `"team":"web"`, `"correlate":"labels"`, `"zone"`, `"ops"`, `"grace":"10m0s"`, `"hold_warning":"0s"`, `!"reopen_window"`}},
			{do: "POST /api/v1/services", body: `{"name":"shop"}`, want: 400, says: []string{"directory.taken", `"field":"name"`}},
			{do: "PATCH /api/v1/services/shop", body: `{"name":"store","team":""}`, want: 200, says: []string{`"name":"store"`, `!"team"`, `"grace":"10m0s"`}},
			{do: "PATCH /api/v1/services/store", body: `{"name":"api"}`, want: 400, says: []string{"directory.taken"}},
			{do: "PATCH /api/v1/services/store", body: `{"rules":{"grace":"soon"}}`, want: 400, says: []string{`"field":"rules.grace"`, "write it with its unit"}},
			{do: "PATCH /api/v1/services/store", body: `{"team":"nobody"}`, want: 400, says: []string{"apply.unknown", `"field":"team"`, `"message":"there is no team`}},
			{do: "PATCH /api/v1/services/gone", body: `{"team":"web"}`, want: 404, says: []string{"service.not_found"}},
			{do: "GET /api/v1/services/store/dependents", want: 200, says: []string{"makes it anew"}},
			{do: "DELETE /api/v1/services/store", want: 204},
			{do: "GET /api/v1/services/store", want: 404},
			{do: "DELETE /api/v1/services/store", want: 404},
		},
		"an address that holds a secret": {
			{do: "POST /api/v1/channels", body: `{"name":"quiet","kind":"gotify","to":"https://g.example.org/message?token=Asecret_token"}`, want: 201, says: []string{`token=***"`, "!Asecret_token"}},
			{do: "PATCH /api/v1/channels/quiet", body: `{"name":"loud","kind":"gotify","to":"https://g.example.org/message?token=***"}`, want: 200, says: []string{`"loud"`, "!Asecret_token"}},
			{do: "PATCH /api/v1/channels/loud", body: `{"kind":"gotify","to":"https://other.example.org/message?token=***"}`, want: 400, says: []string{"channel.to"}},
			{do: "POST /api/v1/channels", body: `{"name":"new","kind":"gotify","to":"https://g.example.org/message?token=***"}`, want: 400, says: []string{"channel.to"}},
			{do: "PATCH /api/v1/users/rita@example.org", body: `{"contacts":[{"name":"app","kind":"gotify","to":"https://g.example.org/message?token=Asecret_token"}]}`, want: 200, says: []string{"!Asecret_token"}},
			{do: "PATCH /api/v1/users/rita@example.org", body: `{"contacts":[{"name":"app","kind":"gotify","to":"https://g.example.org/message?token=***"}]}`, want: 200, says: []string{`token=***"`}},
			{do: "GET /api/v1/users", want: 200, says: []string{"!Asecret_token"}},
		},
		"a policy": {
			{do: "POST /api/v1/policies", body: `{"name":"night","repeat":1,"levels":[{"ack_timeout":"5m","targets":[{"kind":"user","name":"Rita@example.org"},{"kind":"team","name":"web"}]}]}`, want: 201,
				says: []string{`"version":1`, `"ack_timeout":"5m0s"`, `"name":"Rita"`}},
			{do: "POST /api/v1/policies", body: `{"name":"none"}`, want: 400, says: []string{"policy.levels"}},
			{do: "PATCH /api/v1/policies/night", body: `{"name":"nights"}`, want: 200, says: []string{`"name":"nights"`, `"version":2`, `"ack_timeout":"5m0s"`}},
			{do: "PATCH /api/v1/services/api", body: `{"escalation_policy":"nights"}`, want: 200},
			{do: "GET /api/v1/policies/nights/dependents", as: directory.Viewer, want: 200, says: []string{`"blocks":true`, "the service api escalates by it"}},
			{do: "DELETE /api/v1/policies/nights", want: 409, says: []string{"directory.in_use", "the service api escalates by it"}},
			{do: "DELETE /api/v1/policies/default", want: 409, says: []string{"default policy"}},
			{do: "PATCH /api/v1/services/api", body: `{"escalation_policy":""}`, want: 200, says: []string{`!"escalation_policy"`}},
			{do: "DELETE /api/v1/policies/nights", want: 204},
			{do: "GET /api/v1/policies", want: 200, says: []string{"default", "!nights"}},
		},
		"a team": {
			{do: "POST /api/v1/teams", body: `{"name":"db","members":["ANA@example.org","vera@example.org"]}`, want: 201, says: []string{"ana@example.org", "vera@example.org"}},
			{do: "PATCH /api/v1/teams/db", body: `{"members":[]}`, want: 200, says: []string{`"members":[]`}},
			{do: "GET /api/v1/teams/web/dependents", want: 200, says: []string{"the service api has no owner then", `"blocks":false`}},
			{do: "DELETE /api/v1/teams/web", want: 204},
			{do: "GET /api/v1/services/api", want: 200, says: []string{`!"team"`}},
		},
		"a channel": {
			{do: "POST /api/v1/channels", body: `{"name":"desk","kind":"email","to":"desk@example.org"}`, want: 201, says: []string{"desk@example.org"}},
			{do: "POST /api/v1/channels", body: `{"name":"phone","kind":"sms","to":"+34600000000"}`, want: 400, says: []string{"channel.kind"}},
			{do: "PATCH /api/v1/channels/ops", body: `{"name":"operations"}`, want: 200, says: []string{`"to":"ops@example.org"`}},
			{do: "GET /api/v1/services/api", want: 200, says: []string{"operations"}},
			{do: "DELETE /api/v1/channels/operations", want: 204},
			{do: "GET /api/v1/services/api", want: 200, says: []string{`"channels":[]`}},
			{do: "GET /api/v1/channel-kinds", as: directory.Viewer, want: 200, says: []string{`"kind":"sms"`, `"sendable":false`, `"sendable":true`}},
		},
		"people": {
			{do: "POST /api/v1/users", body: `{"email":"Ben@Example.org","name":"Ben"}`, want: 201, says: []string{`"ben@example.org"`, `"role":"responder"`}},
			{do: "PATCH /api/v1/users/ben@example.org", body: `{"email":"benno@example.org","time_zone":"Europe/Madrid","contacts":[{"name":"mail","kind":"email","to":"b@example.org"}],"high":[{"contact":"mail","after":"1m"}],"low":[{"contact":"mail","hours":"08:00-20:00"}]}`, want: 200,
				says: []string{"benno@example.org", `"after":"1m0s"`, `"hours":"08:00-20:00"`, `"verified":true`}},
			{do: "PATCH /api/v1/users/benno@example.org", body: `{"low":[{"contact":"mail","hours":"20:00-08:00"}]}`, want: 400, says: []string{"the hours must end"}},
			{do: "PATCH /api/v1/users/benno@example.org", body: `{"role":"root"}`, want: 422},
			{do: "PATCH /api/v1/users/benno@example.org", body: `{"name":"   "}`, want: 200, says: []string{`"name":""`}}, // called by the address then
			{do: "PATCH /api/v1/users/ana@example.org", body: `{"role":"viewer"}`, want: 400, says: []string{"apply.last_admin"}},
			{do: "DELETE /api/v1/users/ana@example.org", want: 409, says: []string{"nobody would be admin"}},
			{do: "GET /api/v1/users/rita@example.org/dependents", want: 200, says: []string{"the team web loses a member"}},
			{do: "DELETE /api/v1/users/rita@example.org", want: 204},
			{do: "GET /api/v1/teams/web", want: 200, says: []string{`"members":[]`}},
			{do: "GET /api/v1/session", as: directory.Responder, want: 401},
			{do: "GET /api/v1/tokens", want: 200, says: []string{`!"role":"responder"`}},
		},
		"oneself": {
			{do: "PATCH /api/v1/users/vera@example.org", as: directory.Viewer, body: `{"name":"Vera V.","contacts":[{"name":"mail","kind":"email","to":"v@example.org"}]}`, want: 200, says: []string{"Vera V.", `"verified":false`}},
			{do: "PATCH /api/v1/users/vera@example.org", as: directory.Viewer, body: `{"role":"admin"}`, want: 403, says: []string{"user.by_admin"}},
			{do: "PATCH /api/v1/users/vera@example.org", as: directory.Viewer, body: `{"email":"admin@example.org"}`, want: 403},
			{do: "PATCH /api/v1/users/rita@example.org", as: directory.Viewer, body: `{"name":"x"}`, want: 403, says: []string{"auth.role"}},
			{do: "POST /api/v1/users", as: directory.Viewer, body: `{"email":"x@example.org"}`, want: 403},
			{do: "PATCH /api/v1/users/vera@example.org", body: `{"contacts":[{"name":"mail","kind":"email","to":"v@example.org"}]}`, want: 200, says: []string{`"verified":true`}},
			{do: "PATCH /api/v1/users/vera@example.org", as: directory.Viewer, body: `{"contacts":[{"name":"mail","kind":"email","to":"v@example.org"}]}`, want: 200, says: []string{`"verified":true`}},
			{do: "PATCH /api/v1/users/vera@example.org", as: directory.Viewer, body: `{"contacts":[{"name":"mail","kind":"email","to":"w@example.org"}]}`, want: 200, says: []string{`"verified":false`}},
		},
		"settings": {
			{do: "GET /api/v1/settings", as: directory.Viewer, want: 200, says: []string{`"default_policy":"default"`, `"fallback":[]`}},
			{do: "PATCH /api/v1/settings", body: `{"fallback":[{"kind":"team","name":"web"}]}`, want: 200, says: []string{`"default_policy":"default"`, `"name":"web"`}},
			{do: "DELETE /api/v1/teams/web", want: 409, says: []string{"the fallback tells the team web"}},
			{do: "DELETE /api/v1/users/rita@example.org", want: 409, says: []string{"the team web, which would have nobody"}},
			{do: "PATCH /api/v1/settings", body: `{"default_policy":"none"}`, want: 400, says: []string{"apply.unknown"}},
			{do: "PATCH /api/v1/settings", body: `{"fallback":[]}`, want: 200, says: []string{`"fallback":[]`}},
		},
		"a forecast": {
			{do: "POST /api/v1/forecast", as: directory.Viewer, body: `{"severity":"critical"}`, want: 200, says: []string{`"name":"Ana"`, `"by":"email"`, `"contact":"mail"`, `"after_seconds":0`, `"exhausted_after_seconds":900`}},
			{do: "POST /api/v1/forecast", body: `{"severity":"critical","draft":{"levels":[{"ack_timeout":"3m","targets":[{"kind":"user","name":"rita@example.org"}]},{"targets":[{"kind":"user","name":"ana@example.org"}]}],"repeat":0}}`, want: 200,
				says: []string{`"missed":[{`, "means nobody who can be reached", `"name":"Ana"`, `!"name":"Rita"`, `"exhausted_after_seconds":900`}},
			{do: "POST /api/v1/forecast", body: `{"severity":"critical","draft":{"levels":[]}}`, want: 400, says: []string{"policy.levels"}},
			{do: "POST /api/v1/forecast", body: `{"severity":"critical","policy":"default","draft":{"levels":[{"ack_timeout":"never","targets":[]}]}}`, want: 400, says: []string{`"field":"levels[0].ack_timeout"`}},
			{do: "POST /api/v1/forecast", body: `{"severity":"critical","policy":"none"}`, want: 404, says: []string{"policy.not_found"}},
			{do: "POST /api/v1/forecast", body: `{"severity":"critical","service":"none"}`, want: 404, says: []string{"service.not_found"}},
			{do: "POST /api/v1/forecast", body: `{"severity":"critical","service":"api"}`, want: 200, says: []string{`"name":"ops"`, `"page":false`}},
			{do: "POST /api/v1/forecast", body: `{"severity":"info"}`, want: 200, says: []string{`"calls":[]`, `"exhausted_after_seconds":null`}},
			{do: "GET /api/v1/policies", want: 200, says: []string{"!the draft"}},
		},
		"an integration": {
			{do: "POST /api/v1/integrations", body: `{"name":"edge","allow":["10.0.0.1"]}`, want: 201, says: []string{`"key":"`, `"allow":["10.0.0.1/32"]`, `"first_at":null`}},
			{do: "GET /api/v1/integrations/edge", want: 200, says: []string{`!"key"`}},
			{do: "PATCH /api/v1/integrations/edge", body: `{"allow":["nowhere"]}`, want: 400, says: []string{"integration.allow"}},
			{do: "PATCH /api/v1/integrations/edge", body: `{"name":"rim","disabled":true}`, want: 200, says: []string{`"rim"`, `"disabled":true`, `"10.0.0.1/32"`, `!"key"`}},
			{do: "DELETE /api/v1/integrations/rim", want: 204},
			{do: "GET /api/v1/integrations/main/dependents", want: 200, says: []string{"nobody can send alerts any more"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			setup(t).edits(t, cases...)
		})
	}
}

// An alert names its service in up to 200 characters: whoever claims it must be able to save it.
func TestAServiceOfALongNameIsClaimed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alerts(t, strings.Repeat("W", 400), "critical")
	var list struct {
		Items []struct{ ID, Name string }
	}
	if err := json.Unmarshal(b.call(t, call{do: "GET /api/v1/services", as: directory.Admin}).Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	for _, s := range list.Items {
		if strings.HasPrefix(s.Name, "WW") {
			b.edits(t, editCase{do: "PATCH /api/v1/services/" + s.ID, body: `{"name":"` + s.Name + `","team":"web"}`, want: 200, says: []string{`"unclaimed":false`}})
			return
		}
	}
	t.Fatalf("there is no such service: %v", list)
}

// What waits for an entity waits by its id: a new name must leave it.
func TestANewNameKeepsTheID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := func(path string) string {
		var out struct {
			ID       string
			Contacts []struct{ ID string }
		}
		if err := json.Unmarshal(b.call(t, call{do: "GET " + path, as: directory.Admin}).Body.Bytes(), &out); err != nil || out.ID == "" {
			t.Fatalf("%s: %v", path, err)
		}
		if len(out.Contacts) > 0 {
			return out.ID + " " + out.Contacts[0].ID
		}
		return out.ID
	}
	for _, c := range []struct{ before, body, after string }{
		{"/api/v1/services/api", `{"name":"x"}`, "/api/v1/services/x"},
		{"/api/v1/teams/web", `{"name":"x"}`, "/api/v1/teams/x"},
		{"/api/v1/channels/ops", `{"name":"x"}`, "/api/v1/channels/x"},
		{"/api/v1/policies/default", `{"name":"x"}`, "/api/v1/policies/x"},
		{"/api/v1/integrations/main", `{"name":"x"}`, "/api/v1/integrations/x"},
	} {
		was := id(c.before)
		b.edits(t, editCase{do: "PATCH " + c.before, body: c.body, want: 200})
		if now := id(c.after); now != was {
			t.Errorf("%s was %s and is %s", c.before, was, now)
		}
	}
	was := id("/api/v1/users/ana@example.org")
	_, contact, _ := strings.Cut(was, " ")
	b.edits(t, editCase{do: "PATCH /api/v1/users/ana@example.org", want: 200,
		body: `{"email":"anna@example.org","contacts":[{"id":"` + contact + `","name":"post","kind":"email","to":"ana@example.org"}]}`})
	if now := id("/api/v1/users/anna@example.org"); now != was {
		t.Errorf("ana was %s and is %s", was, now)
	}
}

func TestAnIntegrationIsHeard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.edits(t, editCase{do: "GET /api/v1/integrations/main", want: 200, says: []string{`"first_at":null`}})
	if w := b.alerts(t, "api", "critical"); w.Code != http.StatusAccepted {
		t.Fatal(w.Body)
	}
	b.edits(t, editCase{do: "GET /api/v1/integrations/main", want: 200, says: []string{`"first_at":"20`, `"last_at":"20`}})
}

func TestANewKeyEndsTheOld(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var out struct{ Key string }
	w := b.call(t, call{do: "POST /api/v1/integrations/main/key", as: directory.Admin})
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || len(out.Key) != 32 || out.Key == b.key {
		t.Fatalf("%v %s", err, w.Body)
	}
	b.key = out.Key
	if w := b.alerts(t, "api", "critical"); w.Code != http.StatusAccepted {
		t.Errorf("the new key is answered %d: %s", w.Code, w.Body)
	}
}

func TestQuarantineIsDismissed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	send := call{do: "POST /alerts", body: `{"alerts":[{"status":"sideways","labels":{"alertname":"x"}}]}`, header: map[string]string{"Authorization": "Bearer " + b.key}}
	if w := b.call(t, send); !strings.Contains(w.Body.String(), "quarantined") {
		t.Fatal(w.Body)
	}
	var list struct{ Quarantined []struct{ ID string } }
	if err := json.Unmarshal(b.call(t, call{do: "GET /api/v1/quarantine", as: directory.Viewer}).Body.Bytes(), &list); err != nil || len(list.Quarantined) != 1 {
		t.Fatal(list, err)
	}
	ids := `{"ids":["` + list.Quarantined[0].ID + `"]}`
	b.edits(t,
		editCase{do: "POST /api/v1/quarantine/dismiss", body: ids, as: directory.Responder, want: 403},
		editCase{do: "POST /api/v1/quarantine/dismiss", body: ids, want: 200, says: []string{`"dismissed":1`}},
		editCase{do: "POST /api/v1/quarantine/dismiss", body: ids, want: 200, says: []string{`"dismissed":0`}},
		editCase{do: "GET /api/v1/quarantine", want: 200, says: []string{`"quarantined":[]`}},
	)
}

// TestTheSecondToChangeIsTold: everything of one kind goes the same way, the settings another.
func TestTheSecondToChangeIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	edition := func(path string) string {
		var e struct{ Edition int64 }
		if err := json.Unmarshal(b.call(t, call{do: "GET " + path, as: directory.Admin}).Body.Bytes(), &e); err != nil || e.Edition == 0 {
			t.Fatalf("%s: edition %d, %v", path, e.Edition, err)
		}
		return path + "?edition=" + strconv.FormatInt(e.Edition, 10)
	}
	for path, body := range map[string]string{
		"/api/v1/users/rita@example.org": `{"name":"Rita %"}`, "/api/v1/teams/web": `{"members":["rita@example.org"]}`, "/api/v1/channels/ops": `{"to":"ops%@example.org"}`,
		"/api/v1/policies/default": `{"repeat":%}`, "/api/v1/services/api": `{"rules":{"grace":"%m"}}`, "/api/v1/integrations/main": `{"burst":%}`,
		"/api/v1/settings": `{"fallback":[{"kind":"user","name":"rita@example.org"},{"kind":"team","name":"web"}]}`,
	} {
		began := edition(path)
		one, two := strings.ReplaceAll(body, "%", "7"), strings.ReplaceAll(strings.Replace(body, `,{"kind":"team","name":"web"}`, "", 1), "%", "8")
		if strings.Contains(path, "teams") {
			one = `{"members":[]}`
		}
		b.edits(t,
			editCase{do: "PATCH " + began, body: one, want: 200, says: []string{`"edited_by":"`, `"edited_at":"20`}},
			editCase{do: "PATCH " + began, body: two, want: 409, says: []string{"directory.edited", "changed it at", "look at it again"}},
		)
		b.edits(t,
			editCase{do: "PATCH " + edition(path), body: two, want: 200},
			editCase{do: "PATCH " + path, body: one, want: 200}, // a program that does not say where it began
		)
	}
}

func TestWhatIsOpenIsSaidBeforeDeleting(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.edits(t, editCase{do: "GET /api/v1/services/api/dependents", want: 200, says: []string{"!incident"}})
	b.alerts(t, "api", "critical")
	b.edits(t,
		editCase{do: "GET /api/v1/services/api/dependents", want: 200, says: []string{`"kind":"incident"`, "1 unresolved incident of it stays", `"blocks":false`}},
		editCase{do: "GET /api/v1/users/rita@example.org/dependents", want: 200, says: []string{"!incident"}},
		editCase{do: "POST /api/v1/incidents/1/acknowledge", as: directory.Responder, want: 200},
		editCase{do: "GET /api/v1/users/rita@example.org/dependents", want: 200, says: []string{"1 unresolved incident is theirs"}},
		editCase{do: "POST /api/v1/incidents/1/resolve", as: directory.Responder, want: 200},
		editCase{do: "GET /api/v1/services/api/dependents", want: 200, says: []string{"!incident"}},
		editCase{do: "GET /api/v1/users/rita@example.org/dependents", want: 200, says: []string{"!incident"}},
	)
}
