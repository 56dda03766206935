package scenario

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

var link = regexp.MustCompile(`/a/[0-9a-z]+`)

// linkIn is the path of the link by which a message is answered.
func (s *story) linkIn(message string) string {
	s.t.Helper()
	path := link.FindString(message)
	if path == "" {
		s.t.Fatalf("there is no link to answer in:\n%s", message)
	}
	return path
}

// press posts a deed to a link, as a browser that nobody signed in with does.
func (s *story) press(path, deed string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+path, strings.NewReader(url.Values{"do": {deed}}.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := s.do(r)
	s.settle()
	return a
}

func (s *story) says(a answer, status int, words string) {
	s.t.Helper()
	if a.status != status || !strings.Contains(string(a.body), words) {
		s.t.Fatalf("answered %s, not %d with %q", a, status, words)
	}
}

// Failure catalogue 47: what only looks at links changes nothing, however often. Whoever presses the button acts, as
// the person whom the message was for, and hears what came of it.
func TestALinkIsLookedAtAndThenPressed(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		s.fire("Down", "service=db")
		path := s.linkIn(s.expect(ana, "UNACKNOWLEDGED"))
		for range 3 {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				a := s.must(s.request("-", method, path, nil), http.StatusOK)
				if method == http.MethodGet {
					s.says(a, http.StatusOK, "You answer as <strong>Ana</strong>. Nothing has changed yet.")
				}
			}
			s.must(s.request("-", http.MethodGet, path+"?do=resolve", nil), http.StatusOK)
		}
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodOptions} {
			s.must(s.request("-", method, path, nil), http.StatusMethodNotAllowed)
		}
		s.is(1, "open")
		s.says(s.press(path, "drop"), http.StatusBadRequest, "say acknowledge, pass_on or resolve")
		s.is(1, "open")
		s.says(s.press(path, "acknowledge"), http.StatusOK, "Acked #1 db 10:00. You own it.")
		s.is(1, "acknowledged")
		equal(s, "who owns it", *s.incident(1).Assignee, "Ana")
		s.says(s.press(path, "acknowledge"), http.StatusOK, "#1 already acked by you. Nothing to do.")
		s.says(s.press(path, "resolve"), http.StatusOK, "Resolved #1 db 10:00.")
		s.says(s.press(path, "acknowledge"), http.StatusOK, "#1 already resolved 10:00. Nothing to do.")
		if strings.Contains(s.log.String(), strings.TrimPrefix(path, "/a/")) {
			t.Error("the code is in the log")
		}
	})
}

func TestALinkOfAnotherIsAnsweredByWhoWasFaster(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		s.fire("Down", "service=db")
		anas := s.linkIn(s.expect(ana))
		s.forward(15 * time.Minute)
		bens := s.linkIn(s.expect(ben))
		s.says(s.press(bens, "acknowledge"), http.StatusOK, "Acked #1 db")
		s.says(s.press(anas, "acknowledge"), http.StatusOK, "#1 already acked by Ben 10:15. Nothing to do.")
		s.says(s.press(anas, "pass_on"), http.StatusOK, "#1 already acked by Ben 10:15. Nothing to do.")
		equal(s, "who owns it", *s.incident(1).Assignee, "Ben")
	})
}

func TestALinkPassesOn(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db")
		s.says(s.press(s.linkIn(s.expect(anaPhone)), "pass_on"), http.StatusOK, "Passed on #1 db 10:00. The next level is called now.")
		s.expect(benPhone, "CRIT db")
		s.is(1, "open")
	})
}

// A message of several incidents is answered as a whole, or each by itself: exactly what it listed.
func TestALinkAnswersWhatItsMessageListed(t *testing.T) {
	t.Parallel()
	tell(t, strings.ReplaceAll(twoPeople, "[{contact: phone}, {contact: mail}]", "[{contact: mail}]"), func(s *story) {
		s.fire("A", "service=a")
		s.expect(ana, "[CRIT] a prod")
		s.forward(5 * time.Second)
		for _, name := range []string{"b", "c", "d"} {
			s.fire("Down", "service="+name)
		}
		s.forward(20 * time.Second)
		mail := s.expect(ana, "[CRIT] 3 incidents", "Acknowledge these 3 incidents: ")
		links := link.FindAllString(mail, -1)
		s.fire("E", "service=e")
		s.says(s.press(links[1], "resolve"), http.StatusOK, "Resolved #2 b") // the worst, then the oldest comes first
		s.says(s.press(links[0], "acknowledge"), http.StatusOK, "Acked #3, #4 ")
		for number, status := range map[int64]string{1: "open", 2: "resolved", 3: "acknowledged", 4: "acknowledged", 5: "open"} {
			s.is(number, status)
		}
	})
}

func TestALinkEnds(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db")
		path := s.linkIn(s.expect(anaPhone))
		s.ack(ben, 1)
		s.jump(24*time.Hour - time.Second)
		s.says(s.request("-", http.MethodGet, path, nil), http.StatusOK, "acknowledged")
		s.jump(time.Second)
		s.says(s.request("-", http.MethodGet, path, nil), http.StatusConflict, "older than a day")
		s.says(s.press(path, "resolve"), http.StatusConflict, "That code expired.")
		s.is(1, "open") // the acknowledgement expired long ago; this resolved nothing
		for _, none := range []string{"/a/x", "/a/" + strings.Repeat("a", 16), path + "a", path[:len(path)-1]} {
			s.says(s.request("-", http.MethodGet, none, nil), http.StatusNotFound, "none of ours")
			s.says(s.press(none, "resolve"), http.StatusNotFound, "none of ours")
		}
	})
}

// Who may not answer any more, may not by an old link either; nor may one that only looks on.
func TestALinkIsItsPersons(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db")
		path := s.linkIn(s.expect(anaPhone))
		user := func(as string) {
			s.must(s.request("", http.MethodPatch, "/api/v1/users/"+ana, map[string]any{"role": as}), http.StatusOK)
		}
		user("viewer")
		s.says(s.press(path, "acknowledge"), http.StatusForbidden, "your role may not do this")
		user("responder")
		s.must(s.request("", http.MethodPatch, "/api/v1/users/"+ana, map[string]any{"disabled": true}), http.StatusOK)
		s.says(s.press(path, "acknowledge"), http.StatusForbidden, "nobody is known here who could answer this")
		s.is(1, "open")
	})
}
