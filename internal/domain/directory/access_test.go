package directory_test

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

func TestRequire(t *testing.T) {
	t.Parallel()
	roles := []directory.Role{"", directory.Viewer, directory.Responder, directory.Admin}
	for has, role := range roles {
		for needs, wanted := range roles[1:] {
			want := ""
			switch {
			case has == 0:
				want = "auth.required"
			case has < needs+1:
				want = "auth.role"
			}
			if got := code(directory.Principal{Role: role}.Require(wanted)); got != want {
				t.Errorf("a %q asks for %s: %q, want %q", role, wanted, got, want)
			}
		}
	}
	if got := code(directory.Principal{Role: "root"}.Require(directory.Viewer)); got != "auth.required" {
		t.Errorf("an unknown role: %q", got)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	responder := directory.Principal{Role: directory.Responder, User: "ana"}
	for name, c := range map[string]struct {
		token directory.Token
		want  string
	}{
		"good":                    {directory.Token{Name: " ci ", Role: directory.Responder, CreatedAt: now}, ""},
		"no name":                 {directory.Token{Name: " ", Role: directory.Viewer}, "token.name"},
		"no role":                 {directory.Token{Name: "ci"}, "token.role"},
		"more than its maker may": {directory.Token{Name: "ci", Role: directory.Admin}, "token.role"},
		"expired when made":       {directory.Token{Name: "ci", Role: directory.Viewer, CreatedAt: now, ExpiresAt: now}, "token.expires_at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := directory.NewToken(c.token, responder)
			if code(err) != c.want {
				t.Fatalf("error %v, want %q", err, c.want)
			}
			if err == nil && (got.Name != "ci" || got.User != "ana") {
				t.Fatalf("token %+v", got)
			}
		})
	}
	ends := directory.Token{ExpiresAt: now}
	if !ends.Expired(now) || ends.Expired(now.Add(-time.Second)) || (directory.Token{}).Expired(now) {
		t.Error("a token ends at its moment, and one without lasts")
	}
	made := directory.Token{ID: "t1", Name: "ci", Role: directory.Admin}
	if p := made.Principal(&directory.User{Role: directory.Viewer}); p.Role != directory.Viewer || p.Actor.Kind != incident.ByUser {
		t.Errorf("a token may no more than its maker still may: %+v", p)
	}
	if p := made.Principal(nil); p.Role != directory.Admin {
		t.Errorf("a token that belongs to nobody: %+v", p)
	}
	if directory.Role("root").Known() || !directory.Admin.Known() {
		t.Error("roles")
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		phone bool
		seen  time.Duration // after it was made
		want  time.Duration
	}{
		"desktop, idle":    {false, time.Hour, 13 * time.Hour},
		"desktop, at most": {false, 14*day - time.Hour, 14 * day},
		"phone, idle":      {true, day, 31 * day},
		"phone, at most":   {true, 89 * day, 90 * day},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := directory.Session{Phone: c.phone, CreatedAt: made, SeenAt: made.Add(c.seen)}
			if got := s.Ends().Sub(made); got != c.want {
				t.Fatalf("ends after %s, want %s", got, c.want)
			}
			if s.Alive(made.Add(c.want)) || !s.Alive(made.Add(c.want-time.Second)) {
				t.Fatal("alive at its end, or not before")
			}
		})
	}
}
