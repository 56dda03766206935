package mailbox

import (
	"strings"
	"testing"
	"unicode/utf8"
)

const dsn = `From: MAILER-DAEMON@mx.example.net
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn1@mx.example.net>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Mon, 2 Mar 2026 10:00:00 +0000

Final-Recipient: rfc822; ana@example.org
Action: ACTION
Status: STATUS
Diagnostic-Code: smtp; 550 5.1.1 <ana@example.org>: Recipient address rejected: User
 unknown in virtual mailbox table

--b
Content-Type: message/rfc822

Subject: [CRIT] db prod: Down is bad (#1)

1
--b--
`

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func TestBounces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ action, status, want string }{
		"unknown":   {"failed", "5.1.1", "mailbox does not exist (5.1.1)"},
		"full":      {"failed", "5.2.2", "mailbox is full (5.2.2)"},
		"given up":  {"Failed", "4.4.7", "it waited too long (4.4.7)"},
		"their own": {"failed", "5.7.1", "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in virtual mailbox table (5.7.1)"},
		"delayed":   {"delayed", "4.4.7", ""},
		"arrived":   {"delivered", "2.0.0", ""},
		"relayed":   {"relayed", "2.0.0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := Read(strings.NewReader(crlf(strings.NewReplacer("ACTION", c.action, "STATUS", c.status).Replace(dsn))))
			if err != nil || l.Bounce != c.want || l.ID != "dsn1@mx.example.net" || !l.Machine() {
				t.Errorf("%+v, %v, want %q", l, err, c.want)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mail, first string
		machine     bool
	}{
		"plain":      {"Subject: Re: x\n\nack\n\n> quoted\n", "ack", false},
		"late":       {"Subject: Re: x\n\n\n  \n Ack. \n-- \nAna\n", "Ack.", false},
		"both parts": {"Subject: Re: x\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nYWNrCgo+IHF1b3RlZAo=\n--b\nContent-Type: text/html\n\n<p>ack</p>\n--b--\n", "ack", false},
		"latin 1":    {"Subject: Re: x\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nack =E9\n", "ack é", false},
		"only below": {"Subject: Re: x\n\n> CRIT db\n\nack\n", "", false},
		"nothing":    {"Subject: Re: x\n\n\n", "", false},
		"html only":  {"Subject: Re: x\nContent-Type: text/html\n\n<p>ack</p>\n", "ack", false},
		"attached":   {"Subject: Re: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nack\n--b--\n", "", false},
		"vacation":   {"Subject: Out of office\nAuto-Submitted: auto-replied\n\nack\n", "ack", true},
		"by hand":    {"Subject: Re: x\nAuto-Submitted: no\n\nack\n", "ack", false},
		"bulk":       {"Subject: Re: x\nPrecedence: bulk\n\nack\n", "ack", true},
		"older":      {"Subject: Re: x\nX-Autoreply: yes\n\nack\n", "ack", true},
		"a list":     {"Subject: Re: x\nList-Id: <a.b>\n\nack\n", "ack", true},
		"no charset": {"Subject: Re: x\nContent-Type: text/plain; charset=klingon\n\nack\n", "ack", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := Read(strings.NewReader(crlf(c.mail)))
			if err != nil || l.First != c.first || l.Machine() != c.machine || l.ID == "" {
				t.Errorf("%+v, %v, want %q, a machine: %v", l, err, c.first, c.machine)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(crlf(dsn))
	f.Add(crlf("Subject: =?utf-8?q?=00=0D=0ABcc:_eve?=\nMessage-ID: <a\n\nack"))
	f.Add("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n--a--")
	f.Add("\x00")
	f.Fuzz(func(t *testing.T, raw string) {
		l, err := Read(strings.NewReader(raw))
		if err != nil {
			return
		}
		if strings.ContainsAny(l.Text, "\r\x00") || !utf8.ValidString(l.Text) {
			t.Errorf("%q", l.Text)
		}
		for _, s := range []string{l.ID, l.Subject, l.First, l.Bounce} {
			if strings.ContainsAny(s, "\r\n\x00") || len(s) > 1000 {
				t.Errorf("%q in %+v", s, l)
			}
		}
		if l.ID == "" {
			t.Error("it has no id: it would be worked again and again")
		}
	})
}
