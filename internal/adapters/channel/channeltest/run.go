package channeltest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Fake is a provider that the suite can look at and disturb.
type Fake interface {
	Script(replies ...Reply)
	Attempts() int
	Seen() []Seen
	Address() string // one to send to
	Close()
}

// Seen is a message that a fake has taken.
type Seen struct {
	To   []string
	Line string // what a person sees first: the SMS, the subject, the line
	HTML string // may be empty
	Key  string // what is the same for all attempts of a message; may be empty
}

// Case is a channel that the suite is run against.
type Case struct {
	New        func(t *testing.T) (ports.Notifier, Fake) // a new pair
	Descriptor ports.ChannelDescriptor
	Bad        []string // addresses that are refused
	Secrets    []string // what no error may contain
	AsksToWait bool     // the provider can say how long to wait
	Sure       bool     // a gateway's refusal is no unknown outcome: two of one message are one there, or it speaks no HTTP
	Spoken     bool     // what is said leaves numbers of incidents out
}

// Message is a message about one incident for tests.
func Message(to string) ports.Outgoing {
	now := time.Now()
	return ports.Outgoing{
		Message: notification.Message{
			ID: "01890a5d-ac96-774b-bcce-b302099a9999", To: to, Purpose: notification.PurposePage, Attempt: 1,
			CreatedAt: now, ExpiresAt: now.Add(15 * time.Minute),
			Items: []notification.Item{{
				Incident: 4821, ID: "01890a5d-ac96-774b-bcce-b302099a8057", Severity: alert.Critical(), Status: "open",
				Service: "payments", Environment: "prod", Title: "error rate 12%", Alerts: 1, Since: now, Why: "web-primary, level 1",
			}},
		},
		Zone: time.UTC, PublicURL: "http://127.0.0.1:8080",
	}
}

// Run runs the suite. Every test of it is parallel.
func Run(t *testing.T, c Case) {
	t.Helper()
	t.Parallel()
	for name, test := range map[string]func(*testing.T, Case){
		"sends once": sendsOnce, "tries again where it helps": retries, "gives up where nothing helps": givesUp,
		"does not know": ambiguous, "fails inside": failsInside, "keeps the deadline": keepsDeadline, "not sent is not unknown": notSent,
		"hostile text": hostile, "many at once": manyAtOnce, "describes itself": describes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

// try sends once and checks what every error has to keep.
func (c Case) try(ctx context.Context, t *testing.T, n ports.Notifier, m ports.Outgoing) (ports.Receipt, error) {
	t.Helper()
	r, err := n.Send(ctx, m)
	if err == nil {
		if r.Detail == "" {
			t.Error("no words of the provider")
		}
		return r, nil
	}
	for _, s := range c.Secrets {
		if strings.Contains(err.Error(), s) {
			t.Errorf("a secret in %q", err)
		}
	}
	return r, err
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func sendsOnce(t *testing.T, c Case) {
	n, f := c.New(t)
	for i := range 3 { // later ones may use the same connection
		m := Message(f.Address())
		m.ID += id.Message(fmt.Sprint(i))
		if _, err := c.try(within(t, 10*time.Second), t, n, m); err != nil {
			t.Fatal(err)
		}
	}
	seen := f.Seen()
	if len(seen) != 3 || f.Attempts() != 3 {
		t.Fatalf("%d messages by %d attempts", len(seen), f.Attempts())
	}
	for _, s := range seen {
		if len(s.To) != 1 || s.To[0] != f.Address() || !strings.Contains(s.Line, "error rate 12%") || !c.Spoken && !strings.Contains(s.Line, "#4821") {
			t.Errorf("got %+v", s)
		}
	}
}

func retries(t *testing.T, c Case) {
	n, f := c.New(t)
	m := Message(f.Address())
	f.Script(TryLater(7*time.Second), Unavailable(), Accept(), Accept())
	_, err := c.try(within(t, 10*time.Second), t, n, m)
	after, again := ports.RetryAfter(err)
	if !again || ports.IsAmbiguous(err) || c.AsksToWait && after != 7*time.Second {
		t.Errorf("later: %v (again %v, after %v)", err, again, after)
	}
	_, err = c.try(within(t, 10*time.Second), t, n, m)
	if _, again := ports.RetryAfter(err); !again || ports.IsAmbiguous(err) {
		t.Errorf("unavailable: %v", err)
	}
	if len(f.Seen()) != 0 {
		t.Errorf("taken: %+v", f.Seen())
	}
	for m.Attempt = 3; m.Attempt < 5; m.Attempt++ {
		if _, err = c.try(within(t, 10*time.Second), t, n, m); err != nil {
			t.Fatal(err)
		}
	}
	if s := f.Seen(); len(s) != 2 || s[0].Key != s[1].Key {
		t.Errorf("two attempts of one message: %+v", s)
	}
}

func givesUp(t *testing.T, c Case) {
	n, f := c.New(t)
	f.Script(Refuse(), Accept())
	_, err := c.try(within(t, 10*time.Second), t, n, Message(f.Address()))
	if _, again := ports.RetryAfter(err); err == nil || again {
		t.Errorf("refused: %v", err)
	}
	for _, to := range c.Bad {
		m := Message(to)
		if _, err := c.Descriptor.Check(to); err == nil {
			t.Errorf("%q is taken for an address", to)
		}
		if _, err := n.Send(within(t, 10*time.Second), m); err != nil {
			if _, again := ports.RetryAfter(err); again {
				t.Errorf("%q: another attempt is said to help: %v", to, err)
			}
		}
	}
}

func ambiguous(t *testing.T, c Case) {
	for name, r := range map[string]Reply{"hangs": AcceptThenHang(), "drops": AcceptThenDrop()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, f := c.New(t)
			f.Script(r)
			_, err := c.try(within(t, time.Second), t, n, Message(f.Address()))
			if !ports.IsAmbiguous(err) {
				t.Errorf("got %v", err)
			}
			if len(f.Seen()) != 1 || f.Attempts() != 1 {
				t.Errorf("%d taken by %d attempts", len(f.Seen()), f.Attempts())
			}
		})
	}
}

// failsInside: what a gateway says may be of a message that was taken.
func failsInside(t *testing.T, c Case) {
	n, f := c.New(t)
	f.Script(Status(http.StatusBadGateway, 0))
	_, err := c.try(within(t, 10*time.Second), t, n, Message(f.Address()))
	if err == nil || ports.IsAmbiguous(err) == c.Sure {
		t.Errorf("got %v", err)
	}
}

func keepsDeadline(t *testing.T, c Case) {
	for name, r := range map[string]Reply{"hangs": Hang(), "slow": Slow(time.Minute)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, f := c.New(t)
			f.Script(r)
			begun := time.Now()
			_, err := c.try(within(t, 300*time.Millisecond), t, n, Message(f.Address()))
			if _, again := ports.RetryAfter(err); !again {
				t.Errorf("got %v", err)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func notSent(t *testing.T, c Case) {
	n, f := c.New(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.try(ended, t, n, Message(f.Address())); err == nil || ports.IsAmbiguous(err) {
		t.Errorf("stopped before: %v", err)
	}
	f.Close()
	_, err := c.try(within(t, 10*time.Second), t, n, Message(f.Address()))
	if _, again := ports.RetryAfter(err); !again || ports.IsAmbiguous(err) {
		t.Errorf("nobody there: %v", err)
	}
	if f.Attempts() != 0 {
		t.Errorf("%d attempts", f.Attempts())
	}
}

func hostile(t *testing.T, c Case) {
	n, f := c.New(t)
	m := Message(f.Address())
	it := &m.Items[0]
	it.Title = "error rate 12%\r\nBcc: eve@example.org\r\n.\r\n\x00\u202e<script>alert(1)</script>"
	it.Service, it.Why = "pay\r\nments", "x\r\n.\r\ny"
	it.Labels = []notification.Label{{Name: "a\r\nb: c", Value: "\r\n.\r\nQUIT\r\n\u2066"}}
	if _, err := c.try(within(t, 10*time.Second), t, n, m); err != nil {
		t.Fatal(err)
	}
	seen := f.Seen()
	if len(seen) != 1 || len(seen[0].To) != 1 {
		t.Fatalf("got %+v", seen)
	}
	if strings.ContainsFunc(seen[0].Line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		t.Errorf("control characters in %q", seen[0].Line)
	}
	if strings.Contains(seen[0].HTML, "<script") {
		t.Errorf("a script in %s", seen[0].HTML)
	}
}

func manyAtOnce(t *testing.T, c Case) {
	const many = 24
	n, f := c.New(t)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			m := Message(f.Address())
			m.ID, m.Items[0].Incident = id.Message(fmt.Sprintf("message-%d", i)), id.Incident(1000+i)
			m.Items[0].Title = fmt.Sprintf("error rate 12%% on api-%d", i)
			if _, err := c.try(within(t, 20*time.Second), t, n, m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	lines := make(map[string]bool)
	for _, s := range f.Seen() {
		lines[s.Line] = true
	}
	if len(lines) != many || f.Attempts() != many {
		t.Errorf("%d different messages by %d attempts", len(lines), f.Attempts())
	}
}

func describes(t *testing.T, c Case) {
	_, f := c.New(t)
	d := c.Descriptor
	if d.Kind == "" || d.Label == "" || !json.Valid(d.Address) || !d.Personal && !d.Shared {
		t.Errorf("got %+v", d)
	}
	to, err := d.Check(f.Address())
	if err != nil {
		t.Error(err)
	}
	if again, err := d.Check(to); err != nil || again != to {
		t.Errorf("%q becomes %q: %v", to, again, err)
	}
}
