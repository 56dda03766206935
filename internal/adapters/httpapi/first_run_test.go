package httpapi

import (
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

func TestTheWayInSaysWhatIsToBeDone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct{ do, has, lacks string }{
		{"GET /sign-in", "Nobody has set up this server yet", "Your session has ended"},
		{"GET /sign-in?why=ended&next=%2Fi%2F1", "Your session has ended", "NOT done"},
		{"GET /sign-in?why=unsent", "NOT done yet: your session has ended", "escalation"},
		{"GET /setup?token=" + b.setup, `name="password"`, "This link was used already"},
		{"GET /setup?token=" + b.setup[:8], "This link was used already", `name="password"`},
		{"GET /setup", "This link was used already", `name="password"`},
	} {
		body := b.call(t, call{do: c.do}).Body.String()
		if !strings.Contains(body, c.has) || strings.Contains(body, c.lacks) {
			t.Errorf("%s: has not %q, or has %q:\n%s", c.do, c.has, c.lacks, body)
		}
	}
	wrong := call{do: "POST /sign-in", https: true, header: formHeader(), body: form("email", "olga@example.org", "password", "another one", "why", "unsent")}
	if body := b.call(t, wrong).Body.String(); !strings.Contains(body, "NOT done yet: your session has ended") {
		t.Errorf("after a wrong password: %s", body)
	}
	b.call(t, call{do: "POST /setup", https: true, header: formHeader(), body: form("token", b.setup, "email", "olga@example.org", "name", "Olga", "password", "a long enough password")})
	if body := b.call(t, call{do: "GET /sign-in"}).Body.String(); strings.Contains(body, "Nobody has set up") {
		t.Errorf("after it was set up: %s", body)
	}
}

func TestWhatIsWrongIsSaidInWords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct{ do, body, has string }{
		{"POST /api/v1/tokens", `{"name":"","role":"viewer"}`, `"detail":"name: write something here"`},
		{"POST /api/v1/users", `{"email":"","name":"","role":"responder"}`, `"detail":"email: \"\" is not an email address"`},
		{"GET /api/v1/insight?since=nonsense", "", "this is no moment"},
		{"POST /api/v1/policies", `{"name":"p","levels":[{"ack_timeout":"9999999h","targets":[]}]}`, "9999999h is too long a time"},
		{"POST /api/v1/policies", `{"name":"p","levels":[{"ack_timeout":"9 parsecs","targets":[]}]}`, "is no duration"},
	} {
		if got := b.call(t, call{do: c.do, as: directory.Admin, body: c.body}).Body.String(); !strings.Contains(got, c.has) {
			t.Errorf("%s %s: lacks %s: %s", c.do, c.body, c.has, got)
		}
	}
}

func TestANewPersonWithAnAddressThatIsThereIsSaidToBeThere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.call(t, call{do: "POST /setup", https: true, header: formHeader(), body: form("token", b.setup, "email", "olga@example.org", "name", "Olga", "password", "a long enough password")})
	got := b.call(t, call{do: "POST /api/v1/users", as: directory.Admin, body: `{"email":"olga@example.org","name":"O","role":"viewer"}`}).Body.String()
	if !strings.Contains(got, `another one is called \"olga@example.org\" already`) || strings.Contains(got, "nobody with the role admin") {
		t.Error(got)
	}
}
