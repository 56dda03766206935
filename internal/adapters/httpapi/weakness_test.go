package httpapi

import (
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// Web Push and its like stop without a word: whoever has nothing else is told so where it is decided, and afterwards.
func TestWeakRulesAreSaid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const words = "zoe@example.org is told at high urgency by Gotify alone, which can stop without a word: add a step by another way to their rules"
	yaml := map[string]string{"Content-Type": "application/yaml"}
	weak := `users: [{email: zoe@example.org, name: Zoe, contacts: [{name: app, kind: gotify, to: "https://gotify.example.org/message?token=AfakeGotifyTokn"}, {name: phone, kind: sms, to: "+34600000009"}], rules: {high: [{contact: app}]}}]`
	for _, path := range []string{"/api/v1/apply?dry_run=true", "/api/v1/apply", "/api/v1/apply"} { // the last changes nothing: it is weak all the same
		if w := b.call(t, call{do: "POST " + path, as: directory.Admin, header: yaml, body: weak}); w.Code != 200 || !strings.Contains(w.Body.String(), `"warnings":["`+words+`"]`) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := b.call(t, call{do: "GET /api/v1/users/zoe@example.org", as: directory.Viewer}); !strings.Contains(w.Body.String(), `"warning":"`+words) {
		t.Errorf("%s", w.Body)
	}
	w := b.call(t, call{do: "PATCH /api/v1/users/zoe@example.org", as: directory.Admin, body: `{"high":[{"contact":"app"},{"after":"2m","contact":"phone"}]}`})
	if w.Code != 200 || strings.Contains(w.Body.String(), "warning") {
		t.Errorf("with another step: %d %s", w.Code, w.Body)
	}
	if w := b.call(t, call{do: "PATCH /api/v1/users/zoe@example.org", as: directory.Admin, body: `{"high":[{"contact":"app"}]}`}); !strings.Contains(w.Body.String(), `"warning":"`+words) {
		t.Errorf("the answer to saving it: %s", w.Body)
	}
}
