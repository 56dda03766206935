package scenario

import (
	"net/http"
	"strings"
	"testing"
)

// NUL and invalid UTF-8 from people: PostgreSQL refuses them, SQLite does not. Nothing is our failure, and both
// make the same of it.
func TestOddTextFromPeople(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down")
		for _, c := range []struct {
			method, path string
			body         string
			status       int
		}{
			{"GET", "/incidents?q=%00", "", http.StatusOK},
			{"GET", "/incidents?service=a%00b&team=%ff&environment=%ff&assignee=%00", "", http.StatusOK},
			{"GET", "/incidents/%00", "", http.StatusNotFound},
			{"GET", "/incidents/a%ffb", "", http.StatusNotFound},
			{"GET", "/api/v1/messages/%00", "", http.StatusNotFound},
			{"GET", "/plain/i/a%00b", "", http.StatusNotFound},
			{"POST", "/api/v1/services/%00/healthy", `{}`, http.StatusNotFound},
			{"POST", "/resolve", `{"ids":["a\u0000b"],"status":"resolved"}`, http.StatusOK},
			{"POST", "/api/v1/tokens", `{"name":"ci\u0000cd","role":"viewer"}`, http.StatusCreated},
			{"POST", "/api/v1/session", `{"email":"a\u0000b@example.org","password":"\u0000"}`, http.StatusUnauthorized},
			{"POST", "/api/v1/incidents/1/acknowledge", `{"note":"on\u0000it ` + "\xff" + ` \u001b[31m"}`, http.StatusOK},
		} {
			r, err := http.NewRequestWithContext(s.t.Context(), c.method, s.server.URL+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+adminToken)
			r.Header.Set("User-Agent", "Browser \xff")
			if c.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			if a := s.do(r); a.status != c.status {
				s.t.Errorf("%s %s: %s, want %d", c.method, c.path, a, c.status)
			}
		}
		if told := strings.Join(s.timeline(1), "\n"); !strings.Contains(told, "on\uFFFDit \uFFFD \uFFFD[31m") {
			s.t.Errorf("the note became another one:\n%s", told)
		}
	})
}
