package scenario

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
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

// write is somebody writing back by SMS; it gives what Twilio is told to send them.
func (s *story) write(from, body string) string {
	s.t.Helper()
	return s.bring(s.sms.Write(from, body, s.clock.Now()))
}

// bring is Twilio calling about a text that somebody wrote.
func (s *story) bring(sid string) string {
	s.t.Helper()
	reply, status, err := s.sms.Bring(s.t.Context(), s.server.URL+"/callbacks/twilio", sid)
	if err != nil || status != http.StatusOK {
		s.t.Fatalf("Twilio was answered %d: %v", status, err)
	}
	s.settle()
	return reply
}

func TestAnSMSIsAnswered(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("Down", "service=db")
		s.expect(anaPhone, "Reply 1 ack, 2 pass on.", "#1")
		equal(s, "the reply", s.write("+34699999999", "1"), "This number is not known here. Nothing changed.")
		equal(s, "the reply", s.write(anaPhone, "1 please"), "Not understood, nothing changed. Reply 1 to ack, 2 to pass on, 9 to resolve, or ack 42 for one incident.")
		s.is(1, "open")
		equal(s, "the reply", s.write(anaPhone, "2"), "Passed on #1 db 10:00. The next level is called now.")
		s.expect(benPhone, "CRIT db")
		equal(s, "the reply", s.write(benPhone, " 1 "), "Acked #1 db 10:00. You own it.")
		equal(s, "who owns it", *s.incident(1).Assignee, "Ben")
		equal(s, "the reply", s.write(anaPhone, "1"), "#1 already acked by Ben 10:00. Nothing to do.")
		equal(s, "the reply", s.write(anaPhone, "2"), "#1 already acked by Ben 10:00. Nothing to do.")
		equal(s, "the reply", s.write(benPhone, "9"), "Resolved #1 db 10:00.")
		equal(s, "the reply", s.write(benPhone, "1"), "#1 already resolved 10:00. Nothing to do.")
		s.nothing()
	})
}

// `1` means exactly what the newest message listed; a number means that incident, where one was told of it.
func TestAReplyMeansItsMessage(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("A", "service=a", "severity=error")
		s.expect(anaPhone, "ERROR a")
		s.forward(10 * time.Second)
		s.fire("B", "service=b", "severity=error")
		s.fire("C", "service=c", "severity=error")
		equal(s, "the reply", s.write(anaPhone, "1"), "Acked #1 a 10:00. You own it.") // those two wait: nobody has seen them
		s.forward(time.Minute)
		s.expect(anaPhone, "2 incidents", "Reply 1 = ack these 2.")
		s.fire("D", "service=d", "severity=error")
		equal(s, "the reply", s.write(anaPhone, "ack #3, 99"), "Acked #3 c 10:01. You own it. No message told you of #99.")
		equal(s, "the reply", s.write(anaPhone, "ack 4"), "No message told you of #4. Yours now: #2 b ERROR. Reply ack 2 to ack.")
		equal(s, "the reply", s.write(anaPhone, "1"), "Acked #2 b 10:01. You own it. #3 already acked by you.")
		s.is(4, "open")
		s.jump(23 * time.Hour)
		equal(s, "the reply", s.write(anaPhone, "ack 4, 99"), "No message told you of #4, #99. Nothing of yours is open.")
	})
}

// Where two people share a phone, whoever was told of an incident is who answers for it.
func TestASharedPhone(t *testing.T) {
	t.Parallel()
	shared := strings.ReplaceAll(onlySMS, benPhone, anaPhone)
	tell(t, shared, func(s *story) {
		s.fire("A", "service=a")
		s.expect(anaPhone, "CRIT a")
		s.forward(15 * time.Minute)
		s.expect(anaPhone, "CRIT a") // Ben
		equal(s, "the reply", s.write(anaPhone, "ack 1"), "Acked #1 a 10:15. You own it.")
		equal(s, "who owns it", *s.incident(1).Assignee, "Ben")
	})
}

// What waits for its next attempt is not what somebody looks at when they answer.
func TestAReplyMeansWhatWentOut(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("A", "service=a")
		s.expect(anaPhone, "CRIT a")
		s.forward(2 * time.Minute)
		s.sms.Script(channeltest.TryLater(30 * time.Second))
		s.fire("B", "service=b")
		equal(s, "the reply", s.write(anaPhone, "1"), "Acked #1 a 10:02. You own it.")
		s.is(2, "open")
	})
}

// A text is worked once, whoever brings it: Twilio twice, or Twilio and we who asked for it. One that is brought again
// much later does nothing to what came since.
func TestARepeatedReplyIsWorkedOnce(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("A", "service=a")
		s.expect(anaPhone, "CRIT a")
		sid := s.sms.Write(anaPhone, "1", s.clock.Now())
		equal(s, "the reply", s.bring(sid), "Acked #1 a 10:00. You own it.")
		s.forward(2 * time.Minute)
		s.fire("B", "service=b")
		s.expect(anaPhone, "CRIT b")
		equal(s, "the reply to the same again", s.bring(sid), "")
		s.ask()
		s.is(2, "open")
		s.nothing()
	})
}

// ask is the server asking Twilio what came.
func (s *story) ask() {
	s.t.Helper()
	s.settle()
	if err := s.app.AskForReplies(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.settle()
}

// A server that Twilio cannot call hears of replies and of what became of its texts, and answers by a text.
func TestRepliesAreAskedFor(t *testing.T) {
	t.Parallel()
	tell(t, strings.Replace(onlySMS, `{name: phone, kind: sms, to: "+34600000001"}]`, `{name: phone, kind: sms, to: "+34600000001"}, {name: mail, kind: email, to: ana@example.org}]`, 1), func(s *story) {
		s.silent = true
		s.fire("A", "service=a")
		s.expect(anaPhone, "CRIT a")
		s.ask()
		s.nothing()
		s.sms.Write(anaPhone, "1", s.clock.Now())
		s.forward(2 * time.Second)
		s.ask()
		s.expect(anaPhone, "Acked #1 a 10:00. You own it.")
		s.ask()
		s.nothing()
		s.forward(2 * time.Minute)
		s.fire("B", "service=b")
		s.expect(anaPhone, "CRIT b")
		taken := s.sms.Taken()
		s.sms.Stands(taken[len(taken)-1].SID, "delivered")
		s.ask()
		equal(s, "its status", s.messages(2)[0].Status, "delivered")
	})
}

// While the database is away nobody can look up what was done before: whoever was told that they own it hears nothing
// else, neither from the server that did it nor from one that only knows that the database was well since.
func TestWhatWasSavedIsNotSaidToBeLost(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.silent = true
		away := func(tables ...string) {
			for _, change := range tables {
				if _, err := s.db.ExecContext(t.Context(), "ALTER TABLE "+change); err != nil {
					t.Fatal(err)
				}
			}
		}
		said := func() (out []string) {
			before := len(s.sms.Taken())
			if err := s.app.AskForReplies(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, m := range s.sms.Taken()[before:] {
				out = append(out, m.Body)
			}
			return out
		}
		s.fire("A", "service=a")
		s.expect(anaPhone, "CRIT a")
		s.sms.Write(anaPhone, "1", s.clock.Now())
		s.ask()
		s.expect(anaPhone, "Acked #1 a 10:00. You own it.")
		s.forward(30 * time.Second)
		for _, of := range []string{"the server that did it", "another"} {
			away("inbound RENAME TO inbound_away", "message RENAME TO message_away")
			if got := said(); got != nil {
				t.Errorf("%s says %q", of, got)
			}
			s.sms.Write(anaPhone, "1", s.clock.Now())
			if got := said(); len(got) != 1 || !strings.Contains(got[0], "NOT ACKED: could not save") {
				t.Errorf("%s says of what it cannot save %q", of, got)
			}
			away("inbound_away RENAME TO inbound", "message_away RENAME TO message")
			if of == "another" {
				break
			}
			s.ask() // saved after all
			s.skip()
			s.forward(30 * time.Second)
			s.restart()
			s.must(s.request("-", http.MethodGet, "/health", nil), http.StatusOK)
			said() // it is the other server's turn
		}
		s.ask()
		s.skip()
	})
}

// What came while no server asked acts late, as of when it was written; after an hour it is old news.
func TestAReplyOfAnOutageActsLate(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("A", "service=a")
		s.expect(anaPhone, "CRIT a")
		s.jump(5 * time.Minute)
		s.sms.Write(anaPhone, "1", s.clock.Now())
		s.jump(2 * time.Minute)
		s.fire("B", "service=b")
		s.expect(anaPhone, "CRIT b")
		s.restart()
		s.ask()
		s.expect(anaPhone, "Acked #1 a 10:07. You own it.")
		s.is(2, "open")
		s.sms.Write(anaPhone, "1", s.clock.Now())
		s.jump(61 * time.Minute)
		s.restart() // it asks for a whole day at first
		s.ask()
		s.skip()
		s.is(2, "open")
	})
}

// However long Twilio could not be asked, what was written meanwhile is heard of, at most a day later.
func TestAReplyOfAProvidersOutageIsHeardOf(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("A", "service=a")
		s.expect(anaPhone, "CRIT a")
		s.ask()
		s.jump(30 * time.Minute)
		s.sms.Write(anaPhone, "STOP", s.clock.Now())
		s.jump(2 * time.Hour)
		s.ask()
		s.skip()
		var user struct {
			Contacts []struct{ Stopped bool }
		}
		s.get("/api/v1/users/"+ana, &user)
		equal(s, "she gets nothing more", user.Contacts[0].Stopped, true)
	})
}

// Who answers STOP gets nothing more, and everybody who looks sees why. START ends it.
func TestStopIsHonoured(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.fire("A", "service=a")
		s.expect(anaPhone, "CRIT a")
		equal(s, "the reply", s.write(anaPhone, "STOP"), "") // Twilio answers that itself
		var user struct {
			Contacts []struct {
				ID, Trouble string
				Stopped     bool
			}
		}
		s.get("/api/v1/users/"+ana, &user)
		c := user.Contacts[0]
		if !c.Stopped || c.Trouble != "answered STOP at 2026-03-02 10:00 UTC" {
			t.Fatalf("the contact is %+v", c)
		}
		s.must(s.request("", http.MethodPost, "/api/v1/contacts/"+c.ID+"/test", nil), http.StatusConflict)
		s.must(s.request("", http.MethodPost, "/api/v1/contacts/"+c.ID+"/mended", nil), http.StatusConflict)
		s.must(s.apply(onlySMS), http.StatusOK) // changes nothing of it
		s.forward(2 * time.Minute)
		s.fire("B", "service=b")
		s.expect(benPhone, "CRIT b") // at once: her level reaches nobody
		s.nothing()
		equal(s, "the reply", s.write(anaPhone, "1"), "Acked #1 a 10:02. You own it.") // she may answer what she had
		equal(s, "the reply", s.write(anaPhone, "start"), "")
		s.forward(2 * time.Minute)
		s.fire("C", "service=c")
		s.expect(anaPhone, "CRIT c")
	})
}

// However bad it becomes, an incident's mails keep the subject of the first one.
func TestASubjectStaysWhenThingsGetWorse(t *testing.T) {
	t.Parallel()
	tell(t, strings.ReplaceAll(twoPeople, "[{contact: phone}, {contact: mail}]", "[{contact: mail}]"), func(s *story) {
		s.fire("Slow", "service=db", "severity=error")
		s.expect(ana, "[ERROR] db prod: Slow is bad (#1)\n", "ERROR db prod")
		s.forward(time.Minute)
		s.fire("Slow", "service=db", "severity=critical")
		s.expect(ana, "[ERROR] db prod: Slow is bad (#1)\n", "CRIT db prod")
	})
}
