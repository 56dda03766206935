package scenario

import (
	"encoding/json"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// tellMail runs a story of a server that mail comes back to, on both databases; ana has her mail first, then her phone.
func tellMail(t *testing.T, f func(s *story, send func(from, to, mail string) error)) {
	t.Helper()
	yaml := strings.Replace(twoPeople, "high: [{contact: phone}, {contact: mail}]", "high: [{contact: mail}, {after: 5m, contact: phone}]", 1)
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := "sqlite:" + t.TempDir() + "/rouse.db"
			if engine == "postgres" {
				url = testkit.Postgres(t)
			}
			s := newStory(t, url, yaml, func(s *story) { s.config.MailListen, s.config.MailDomain = "127.0.0.1:0", "in.example.org" })
			addr, err := s.app.TakeMail(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			f(s, func(from, to, mail string) error {
				err := smtp.SendMail(addr.String(), nil, from, []string{to}, []byte(strings.ReplaceAll(mail, "\n", "\r\n")))
				s.settle()
				return err
			})
		})
	}
}

// replyTo and sender are where the newest mail to somebody is answered, and where it is returned to.
func (s *story) returns(to string) (replyTo, sender string) {
	s.t.Helper()
	taken := s.mail.Taken()
	for i := len(taken) - 1; i >= 0; i-- {
		if taken[i].To[0] == to {
			return strings.Trim(taken[i].Header.Get("Reply-To"), "<>"), taken[i].From
		}
	}
	s.t.Fatalf("there is no mail to %s", to)
	return "", ""
}

func TestAMailIsAnsweredByAMail(t *testing.T) {
	t.Parallel()
	tellMail(t, func(s *story, send func(from, to, mail string) error) {
		s.fire("Down", "service=db")
		subject, _, _ := strings.Cut(s.expect(ana, "answer this mail with one word"), "\n")
		reply, _ := s.returns(ana)
		write := func(id, text string) {
			s.t.Helper()
			mail := "From: Ana <elsewhere@example.net>\nMessage-ID: <" + id + "@example.net>\nSubject: Re: " + subject + "\n\n" + text + "\n\n> " + subject + "\n"
			if err := send("elsewhere@example.net", reply, mail); err != nil {
				s.t.Fatal(err)
			}
		}
		if err := send("ana@example.org", reply, "Subject: Away\nAuto-Submitted: auto-replied\n\nack\n"); err != nil {
			s.t.Fatal(err)
		}
		s.is(1, "open")
		s.nothing()
		write("1", "ack please, somebody")
		s.expect(ana, "Re: "+subject, "Not understood, nothing changed.")
		write("2", "Ack!")
		s.expect(ana, "Re: "+subject, "Acked #1 db 10:00. You own it.") // where the page went, not to the sender that it names
		equal(s, "who owns it", *s.incident(1).Assignee, "Ana")
		write("2", "Ack!") // the same, brought again
		s.nothing()
		write("3", "resolve")
		s.expect(ana, "Resolved #1 db 10:00.")
		last := s.mail.Taken()[len(s.mail.Taken())-1]
		equal(s, "how it is marked", last.Header.Get("Auto-Submitted"), "auto-replied")
		equal(s, "what it answers", last.Header.Get("In-Reply-To"), "<3@example.net>")
		for _, to := range []string{strings.Replace(reply, "reply+", "reply+x", 1), "ana@in.example.org", strings.Replace(reply, "in.example.org", "example.org", 1)} {
			if err := send("eve@example.net", to, "Subject: x\n\nack\n"); err == nil || !strings.HasPrefix(err.Error(), "550") {
				s.t.Errorf("%s: %v", to, err)
			}
		}
	})
}

// What can only send mail sends alerts: each is committed before its 250.
func TestMailIsAnAlert(t *testing.T) {
	t.Parallel()
	tellMail(t, func(s *story, send func(from, to, mail string) error) {
		var made struct{ Key string }
		if err := json.Unmarshal(s.must(s.request("", "POST", "/api/v1/integrations", map[string]any{"name": "disks", "kind": "email"}), 201).body, &made); err != nil {
			s.t.Fatal(err)
		}
		to := made.Key + "@in.example.org"
		mail := func(id, subject, text string) error {
			return send("monitor@example.net", to, "From: monitor@example.net\nMessage-ID: <"+id+"@example.net>\nSubject: "+subject+"\nAuto-Submitted: auto-generated\n\n"+text+"\n")
		}
		no := func(err error) {
			s.t.Helper()
			if err != nil {
				s.t.Fatal(err)
			}
		}
		no(mail("1", "CRITICAL: Disk is full on db-1", "97 %"))
		s.expect(ana, "[CRIT] disks", "Disk is full on db-1")
		no(mail("1", "CRITICAL: Disk is full on db-1", "97 %")) // brought again
		no(mail("2", "Re: CRITICAL: Disk is full on db-1", "98 %"))
		no(mail("3", "RESOLVED: Disk is full on db-1", "There is room"))
		s.nothing()
		s.is(1, "open") // nobody said that a word closes it
		closes := `{status: body.status, fingerprint: body.thread, labels: {alertname: body.thread, service: body.integration}}`
		s.must(s.request("", "PATCH", "/api/v1/integrations/disks", map[string]any{"transform": closes}), 200)
		s.forward(2 * time.Second) // the key's picture is a second old
		no(mail("4", "RESOLVED: Disk is full on db-1", "There is room"))
		s.is(1, "resolved")
		s.skip()
		s.must(s.request("", "PATCH", "/api/v1/integrations/disks", map[string]any{"transform": "{}"}), 200)
		s.forward(2 * time.Second)
		no(mail("5", "CRITICAL: Disk is full on db-1", "what no alert can be made of"))
		var kept struct {
			Quarantined []struct{ Raw string }
		}
		s.get("/api/v1/quarantine", &kept)
		if len(kept.Quarantined) != 1 || !strings.Contains(kept.Quarantined[0].Raw, "what no alert can be made of") {
			s.t.Errorf("in quarantine: %+v", kept)
		}
		var one struct {
			Last *time.Time `json:"last_at"`
		}
		s.get("/api/v1/integrations/disks", &one)
		if one.Last == nil {
			s.t.Error("nobody noted that something came")
		}
		for _, to := range []string{strings.Repeat("a", 32) + "@in.example.org", mainKey + "@in.example.org"} {
			if err := send("eve@example.net", to, "Subject: x\n\nx\n"); err == nil || !strings.Contains(err.Error(), "5.1.1 no such address here") {
				s.t.Errorf("%s: %v", to, err)
			}
		}
		to = strings.ToUpper(to) // as some mail servers pass it on
		no(mail("6", "x", "x"))
		to = strings.ToLower(to)
		s.must(s.request("", "PATCH", "/api/v1/integrations/disks", map[string]any{"allow": []string{"192.0.2.0/24"}}), 200)
		s.forward(2 * time.Second)
		if err := mail("7", "x", "x"); err == nil || !strings.Contains(err.Error(), "5.1.1 no such address here") {
			s.t.Errorf("from where none may come: %v", err)
		}
	})
}

// A mailbox that is refused at once is marked as one from which a mail comes back.
func TestAMailboxThatIsRefusedIsMarked(t *testing.T) {
	t.Parallel()
	tellMail(t, func(s *story, _ func(from, to, mail string) error) {
		trouble := func() string {
			var user struct {
				Contacts []struct{ Kind, Trouble string }
			}
			s.get("/api/v1/users/"+ana, &user)
			return user.Contacts[1].Kind + " " + user.Contacts[1].Trouble
		}
		s.mail.Script(channeltest.Status(550, 71)) // that is said of who sends
		s.fire("Full", "service=disk")
		s.settle()
		equal(s, "what is noted", trouble(), "email ")
		s.forward(10 * time.Minute)
		s.mail.Script(channeltest.Refuse())
		s.fire("Down", "service=db")
		s.settle()
		equal(s, "what is noted", trouble(), "email refused at 2026-03-02 10:10 UTC: 550 5.1.1 no such user, ***")
	})
}

// Failure catalogue 31: a later bounce is a page that did not arrive: the next step is due, and the contact is marked.
func TestABounceGoesOnToTheNextStep(t *testing.T) {
	t.Parallel()
	tellMail(t, func(s *story, send func(from, to, mail string) error) {
		s.fire("Down", "service=db")
		s.expect(ana)
		_, sender := s.returns(ana)
		s.forward(30 * time.Second)
		s.nothing() // the phone has its turn in five minutes
		report := "Subject: Undelivered\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" +
			"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
		if err := send("", sender, report); err != nil {
			s.t.Fatal(err)
		}
		s.expect(anaPhone, "CRIT db")
		m := s.messages(1)[0]
		if m.Status != "failed" || m.Detail != "bounced: mailbox does not exist (5.1.1)" {
			s.t.Errorf("the message is %+v", m)
		}
		var user struct {
			Contacts []struct{ ID, Kind, Trouble string }
		}
		s.get("/api/v1/users/"+ana, &user)
		c := user.Contacts[1]
		equal(s, "what is noted", c.Kind+" "+c.Trouble, "email bounced at 2026-03-02 10:00 UTC: mailbox does not exist (5.1.1)")
		if err := send("", sender, report); err != nil { // reports come twice
			s.t.Fatal(err)
		}
		s.nothing()
		s.must(s.request(ben, "POST", "/api/v1/contacts/"+c.ID+"/mended", nil), 403)
		s.must(s.request(ana, "POST", "/api/v1/contacts/"+c.ID+"/mended", nil), 204)
		user.Contacts = nil
		s.get("/api/v1/users/"+ana, &user)
		equal(s, "what is noted", user.Contacts[1].Trouble, "")
	})
}
