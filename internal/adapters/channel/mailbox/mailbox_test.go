package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// box is a mailbox and what came of the mail that it got.
type box struct {
	addr  string
	code  string // that Rouse signed
	fails error
	words string // where it fails

	mu  sync.Mutex
	did []string
}

func (b *box) note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.did = append(b.did, fmt.Sprintf(format, args...))
}

// happened is what came of the mail since the last time that somebody asked.
func (b *box) happened() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := strings.Join(b.did, "; ")
	b.did = nil
	return out
}

func setup(t *testing.T) *box {
	t.Helper()
	b := &box{words: "NOT ACKED"}
	codes := notification.NewCodes("key")
	b.code = codes.Sign(notification.Code{Delivery: 7, Whole: true})
	s := New(Config{
		Alerts: b.alerts(),
		Domain: "in.example.org", Codes: codes, Log: slog.New(slog.DiscardHandler),
		Answer: func(_ context.Context, w ports.Written) (string, error) {
			b.note("answer %q", w.Text)
			if b.fails != nil {
				return b.words, b.fails
			}
			return "Acked", nil
		},
		Reply: func(_ context.Context, _ string, l Letter, words string) error {
			b.note("reply to %s: %s", l.ID, words)
			return nil
		},
		Bounced: func(_ context.Context, _, why string) error {
			b.note("bounced: %s", why)
			return b.fails
		},
	})
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = l.Close() // the server does not know it before Serve has begun
		_ = s.Close()
		<-served
	})
	b.addr = l.Addr().String()
	return b
}

// send sends a mail as another library does, and gives the code of the refusal, 250 where it was taken.
func (b *box) send(t *testing.T, from, to, mail string) int {
	t.Helper()
	err := smtp.SendMail(b.addr, nil, from, []string{to}, []byte(crlf(mail)))
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return e.Code
	}
	if err != nil {
		t.Fatal(err)
	}
	return 250
}

func TestMailThatComesBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	report := strings.NewReplacer("ACTION", "failed", "STATUS", "5.1.1").Replace(dsn)
	const answer, note = "Message-ID: <a@b>\nSubject: Re: x\n\nack\n", "Subject: Away\nAuto-Submitted: auto-replied\n\nack\n"
	reply, bounce := "reply+"+b.code+"@in.example.org", "bounce+"+b.code+"@in.example.org"
	for name, c := range map[string]struct {
		from, to, mail string
		want           int
		happens        string
	}{
		"an answer":                   {"ana@example.org", reply, answer, 250, `answer "ack"; reply to a@b: Acked`},
		"in other letters":            {"ana@example.org", strings.ToUpper(reply), answer, 250, `answer "ack"; reply to a@b: Acked`},
		"of nobody":                   {"", reply, answer, 250, ""},
		"out of office":               {"ana@example.org", reply, note, 250, ""},
		"a report":                    {"", bounce, report, 250, "bounced: mailbox does not exist (5.1.1)"},
		"a report to where one reads": {"", reply, report, 250, ""},
		"an answer to the sender":     {"ana@example.org", bounce, answer, 250, ""},
		"a delay":                     {"", bounce, strings.Replace(report, "Action: failed", "Action: delayed", 1), 250, ""},
		"a forged code":               {"eve@example.org", "reply+" + b.code[:len(b.code)-1] + "x@in.example.org", answer, 550, ""},
		"no code":                     {"eve@example.org", "reply@in.example.org", answer, 550, ""},
		"another domain":              {"eve@example.org", "reply+" + b.code + "@example.com", answer, 550, ""},
		"another person":              {"eve@example.org", "postmaster@in.example.org", answer, 550, ""},
		"too much":                    {"eve@example.org", reply, answer + strings.Repeat(strings.Repeat("x", 70)+"\n", 20_000), 552, ""},
		"a long line":                 {"ana@example.org", reply, answer + strings.Repeat("x", 900_000) + "\n", 250, `answer "ack"; reply to a@b: Acked`},
		"too long a line":             {"ana@example.org", reply, answer + strings.Repeat("x", 1_500_000) + "\n", 552, ""},
		"no mail":                     {"eve@example.org", reply, "Content-Type: multipart/mixed; boundary=\n\n--\n", 554, ""},
	} {
		got := b.send(t, c.from, c.to, c.mail)
		if did := b.happened(); got != c.want || did != c.happens {
			t.Errorf("%s: %d, and %q; want %d, and %q", name, got, did, c.want, c.happens)
		}
	}
}

// What could not be saved is brought again by whoever sent it. That is said once.
func TestMailWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fails = fault.Unavailable(0, "store.unavailable", "refused")
	reply := "reply+" + b.code + "@in.example.org"
	const answer = "Message-ID: <a@b>\nSubject: Re: x\n\nack\n"
	for _, want := range []string{`answer "ack"; reply to a@b: NOT ACKED`, `answer "ack"`} {
		if got := b.send(t, "ana@example.org", reply, answer); got != 451 {
			t.Errorf("%d", got)
		}
		if did := b.happened(); did != want {
			t.Errorf("%q, want %q", did, want)
		}
	}
	report := strings.NewReplacer("ACTION", "failed", "STATUS", "5.1.1").Replace(dsn)
	if got := b.send(t, "", "bounce+"+b.code+"@in.example.org", report); got != 451 {
		t.Errorf("a report: %d", got)
	}
	b.fails = nil
	b.happened()
	if got := b.send(t, "ana@example.org", reply, answer); got != 250 || b.happened() != `answer "ack"; reply to a@b: Acked` {
		t.Errorf("%d", got)
	}
}

// Of a mail that somebody works at this moment nobody knows yet what comes of it: whoever brings it again keeps it.
func TestMailThatIsWorkedStaysWithItsSender(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.words, b.fails = "", fault.Conflict("callback.worked", "somebody works it")
	if got := b.send(t, "ana@example.org", "reply+"+b.code+"@in.example.org", "Message-ID: <a@b>\nSubject: Re: x\n\nack\n"); got != 451 {
		t.Errorf("%d: where the other one fails, the answer is lost", got)
	}
	if did := b.happened(); did != `answer "ack"` {
		t.Error(did)
	}
}

// Many connections at once are no way to keep others out for ever, nor to take all memory.
func TestMailOfTooMany(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var conns []net.Conn
	greet := func() string {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.addr)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		text := textproto.NewConn(c)
		line, err := text.ReadLine()
		if err != nil || !strings.HasPrefix(line, "220") || text.PrintfLine("EHLO x") != nil {
			return line
		}
		for {
			if line, err = text.ReadLine(); err != nil || !strings.HasPrefix(line, "250-") {
				return line
			}
		}
	}
	for range maxSessions {
		if line := greet(); !strings.HasPrefix(line, "2") {
			t.Fatal(line)
		}
	}
	if line := greet(); !strings.HasPrefix(line, "421") {
		t.Errorf("one too many is greeted %q", line)
	}
	for _, c := range conns {
		_ = c.Close()
	}
}

// A line has an end, also where nothing else has.
func TestALineThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() { _, _ = io.WriteString(c, "NOOP "+strings.Repeat("x", 3*maxMail)+"\r\n") }() // until nobody reads
	said, _ := io.ReadAll(c)
	if strings.Contains(string(said), "\r\n250 ") {
		t.Errorf("%q", said)
	}
}
