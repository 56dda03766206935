package smtp_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/smtp"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func setup(t *testing.T, opts channeltest.SMTPOptions, change func(*smtp.Config)) (*smtp.Sender, *channeltest.SMTP) {
	t.Helper()
	fake := channeltest.NewSMTP(t, opts)
	cfg, err := smtp.Parse(fake.URL())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Roots = fake.Roots()
	if change != nil {
		change(&cfg)
	}
	s := smtp.New(cfg)
	t.Cleanup(s.Close)
	return s, fake
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]channeltest.SMTPOptions{
		"clear": {}, "starttls": {StartTLS: true}, "implicit": {Implicit: true}, "open": {Open: true},
	} {
		t.Run(name, func(t *testing.T) {
			secrets := []string{channeltest.SMTPPassword}
			if opts.Open {
				secrets = nil // it knows none, so it cannot tell one from the server's words
			}
			channeltest.Run(t, channeltest.Case{
				New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
					t.Helper()
					s, f := setup(t, opts, nil)
					return s, f
				},
				Descriptor: smtp.Descriptor(), Sure: true, Secrets: secrets,
				Bad: []string{"", "ana", "ana@", "@example.org", "a b@example.org", "ana@example.org\r\nRCPT TO:<eve@example.org>", "a@example.org, b@example.org"},
			})
		})
	}
}

func send(t *testing.T, s *smtp.Sender, m ports.Outgoing) (ports.Receipt, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return s.Send(ctx, m)
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	s, f := setup(t, channeltest.SMTPOptions{StartTLS: true}, nil)
	m := channeltest.Message(f.Address())
	r, err := send(t, s, m)
	if err != nil || !strings.HasPrefix(r.Detail, "the mail server said: ") || r.Delivered {
		t.Fatalf("got %+v, %v", r, err)
	}
	got, want := f.Taken()[0], text.Email(text.Input(m))
	if got.Subject != want.Subject || got.Text != want.Text || got.HTML != want.HTML {
		t.Errorf("got %q\n%s\n%s", got.Subject, got.Text, got.HTML)
	}
	if got.From != channeltest.SMTPFrom || got.Header.Get("From") != `"Rouse" <rouse@example.org>` || got.Header.Get("To") != "<ana@example.org>" {
		t.Errorf("from %s, %v", got.From, got.Header)
	}
	thread := "<incident-" + m.Items[0].ID + "@example.org>"
	for header, value := range map[string]string{
		"Message-Id": "<" + string(m.ID) + "@example.org>", "References": thread, "In-Reply-To": thread, "Auto-Submitted": "auto-generated",
		"Date": m.CreatedAt.Format(time.RFC1123Z), "User-Agent": "",
	} {
		if v := got.Header.Get(header); v != value {
			t.Errorf("%s: %q, want %q", header, v, value)
		}
	}
}

// A burst goes over a few connections, and a connection that the server has closed is noticed before anything is sent on it.
func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	s, f := setup(t, channeltest.SMTPOptions{StartTLS: true}, nil)
	for range 5 {
		if _, err := send(t, s, channeltest.Message(f.Address())); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.Sessions(); n > 2 { // STARTTLS begins a second session on the connection
		t.Errorf("%d sessions", n)
	}
	s.Close()
	if _, err := send(t, s, channeltest.Message(f.Address())); err != nil {
		t.Error(err)
	}
	if len(f.Taken()) != 6 {
		t.Errorf("%d taken", len(f.Taken()))
	}
}

func TestServerClosedIdleConnection(t *testing.T) {
	t.Parallel()
	s, f := setup(t, channeltest.SMTPOptions{}, nil)
	if _, err := send(t, s, channeltest.Message(f.Address())); err != nil {
		t.Fatal(err)
	}
	f.Disconnect()
	if _, err := send(t, s, channeltest.Message(f.Address())); err != nil {
		t.Error(err)
	}
	if len(f.Taken()) != 2 {
		t.Errorf("%d taken", len(f.Taken()))
	}
}

func TestFinal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts   channeltest.SMTPOptions
		change func(*smtp.Config)
		words  string
	}{
		"wrong password":     {channeltest.SMTPOptions{}, func(c *smtp.Config) { c.Password = "wrong-secret" }, "535"},
		"untrusted":          {channeltest.SMTPOptions{StartTLS: true}, func(c *smtp.Config) { c.Roots = nil }, "certificate"},
		"untrusted implicit": {channeltest.SMTPOptions{Implicit: true}, func(c *smtp.Config) { c.Roots = nil }, "certificate"},
		"no STARTTLS":        {channeltest.SMTPOptions{}, func(c *smtp.Config) { c.TLS = smtp.TLSMandatory }, "no encryption"},
		"cannot sign in":     {channeltest.SMTPOptions{Open: true}, func(c *smtp.Config) { c.User, c.Password = "u", "wrong-secret" }, "535"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := setup(t, c.opts, c.change)
			_, err := send(t, s, channeltest.Message(f.Address()))
			if _, again := ports.RetryAfter(err); err == nil || again || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "wrong-secret") {
				t.Errorf("got %v", err)
			}
			if f.Attempts() != 0 {
				t.Error("it was tried")
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, again := range map[int]bool{421: true, 452: true, 550: false, 554: false} {
		s, f := setup(t, channeltest.SMTPOptions{}, nil)
		f.Script(channeltest.Status(status, 0))
		_, err := send(t, s, channeltest.Message(f.Address()))
		if _, got := ports.RetryAfter(err); err == nil || got != again || ports.IsAmbiguous(err) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// A server that takes the connection and never speaks.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for _, scheme := range []string{"smtp", "smtps"} {
		cfg, err := smtp.Parse(scheme + "://" + l.Addr().String() + "?from=rouse@example.org")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err = smtp.New(cfg).Send(ctx, channeltest.Message("ana@example.org"))
		cancel()
		if _, again := ports.RetryAfter(err); !again || ports.IsAmbiguous(err) {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]smtp.Config{
		"smtp://u:p@mail.example.org?from=rouse@example.org":                    {Port: "587", TLS: smtp.TLSMandatory},
		"smtp://u:p@mail.example.org:25?from=rouse@example.org&tls=starttls":    {Port: "25", TLS: smtp.TLSMandatory},
		"smtp://u:p@127.0.0.1:1025?from=rouse@example.org":                      {Port: "1025", TLS: smtp.TLSOffered},
		"smtp://mail.example.org:25?from=rouse@example.org":                     {Port: "25", TLS: smtp.TLSOffered},
		"smtp://mail.example.org:25?from=rouse@example.org&tls=none":            {Port: "25", TLS: smtp.TLSNone},
		"smtps://u:p@mail.example.org?from=Rouse+%3Crouse@example.org%3E":       {Port: "465", TLS: smtp.TLSImplicit},
		"smtps://u:p@mail.example.org:2465?from=rouse@example.org&tls=starttls": {Port: "2465", TLS: smtp.TLSImplicit},
	} {
		got, err := smtp.Parse(in)
		if err != nil || got.Port != want.Port || got.TLS != want.TLS || got.From.Address != "rouse@example.org" {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
	for _, bad := range []string{
		"", "http://x?from=a@b.c", "smtp://u:s3cret@host", "smtp://u:s3cret@host?from=nobody", "smtp://u:s3cret@host:x?from=a@b.c",
		"smtp://u:s3cret@mail.example.org?from=a@b.c&tls=none", "smtp://u:s3cret@127.0.0.1?from=a@b.c&tls=no",
	} {
		if _, err := smtp.Parse(bad); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
