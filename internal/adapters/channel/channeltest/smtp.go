package channeltest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// The credentials of the fake mail server.
const (
	SMTPUser     = "rouse"
	SMTPPassword = "fake-smtp-password"
	SMTPFrom     = "rouse@example.org"
)

// SMTPOptions say how the fake mail server encrypts and whom it lets in.
type SMTPOptions struct {
	StartTLS bool // offer STARTTLS
	Implicit bool // TLS from the first byte
	Open     bool // nobody needs to sign in
}

// SMTP is a fake mail server.
type SMTP struct {
	*ledger[Mail]
	opts     SMTPOptions
	server   *smtp.Server
	listener net.Listener
	roots    *x509.CertPool
	mu       sync.Mutex
	sessions []*smtp.Conn
}

// StartSMTP starts one on a free port of the loopback interface. Close it.
func StartSMTP(opts SMTPOptions) (*SMTP, error) {
	s := &SMTP{ledger: newLedger[Mail](), opts: opts}
	s.server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.server.Domain = "mail.example.org"
	s.server.AllowInsecureAuth = true
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	s.server.MaxMessageBytes = 4 << 20
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // there is nothing to wait for
	if err != nil {
		return nil, fmt.Errorf("listen for a fake mail server: %w", err)
	}
	s.listener = l
	if opts.StartTLS || opts.Implicit {
		cert, roots, err := certificate()
		if err != nil {
			return nil, err
		}
		s.roots = roots
		s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	if opts.Implicit {
		l = tls.NewListener(l, s.server.TLSConfig)
	}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

// NewSMTP starts one for a test.
func NewSMTP(t testing.TB, opts SMTPOptions) *SMTP {
	t.Helper()
	s, err := StartSMTP(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Close ends the fake and every connection.
func (s *SMTP) Close() {
	s.stop()
	_ = s.listener.Close() // the server does not know it before Serve has begun
	_ = s.server.Close()
}

// URL is what Rouse's mail setting is for this fake.
func (s *SMTP) URL() string {
	u := url.URL{Scheme: "smtp", Host: s.listener.Addr().String(), RawQuery: url.Values{"from": {"Rouse <" + SMTPFrom + ">"}}.Encode()}
	if s.opts.Implicit {
		u.Scheme = "smtps"
	}
	if !s.opts.Open {
		u.User = url.UserPassword(SMTPUser, SMTPPassword)
	}
	return u.String()
}

// Roots is what to trust to trust the fake's certificate.
func (s *SMTP) Roots() *x509.CertPool { return s.roots }

// Address is an address to send to.
func (s *SMTP) Address() string { return "ana@example.org" }

// Sessions is how many connections there were; STARTTLS counts as another.
func (s *SMTP) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// Disconnect closes every connection, as a server does with idle ones.
func (s *SMTP) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.sessions {
		_ = c.Conn().Close()
	}
}

// Seen is what was taken, as the suite looks at it.
func (s *SMTP) Seen() []Seen {
	var out []Seen
	for _, m := range s.Taken() {
		out = append(out, Seen{To: m.To, Line: m.Subject, Key: m.MessageID, HTML: m.HTML})
	}
	return out
}

func (s *SMTP) session(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = append(s.sessions, c)
	return &session{fake: s, conn: c, in: s.opts.Open}, nil
}

// session is one connection of a client.
type session struct {
	fake  *SMTP
	conn  *smtp.Conn
	in    bool // signed in
	reply Reply
	from  string
	to    []string
}

// Reset forgets the email that was begun.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout ends the session.
func (s *session) Logout() error { return nil }

// AuthMechanisms are the ways to sign in.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth signs in.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != SMTPUser || password != SMTPPassword {
			return smtp.ErrAuthFailed
		}
		s.in = true
		return nil
	}), nil
}

// Mail begins an attempt.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	s.from, s.reply = from, s.fake.next()
	if s.reply.do == hang {
		<-s.fake.done
		return errGone()
	}
	return nil
}

// Rcpt adds a recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch s.reply.do {
	case tryLater:
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "greylisted"}
	case refuse:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user, " + SMTPPassword}
	case exactly:
		return &smtp.SMTPError{Code: s.reply.status, EnhancedCode: smtp.EnhancedCode{s.reply.status / 100, s.reply.code / 10, s.reply.code % 10}, Message: "scripted"}
	default:
		s.to = append(s.to, to)
		return nil
	}
}

// Data takes the email.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.reply.do == unavailable {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "out of order"}
	}
	s.fake.pause(s.reply.wait)
	m, err := parseMail(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	m.From, m.To, m.At = s.from, s.to, time.Now()
	s.fake.take(m)
	switch s.reply.do {
	case acceptThenHang:
		<-s.fake.done
		return errGone()
	case acceptThenDrop:
		_ = s.conn.Conn().Close()
	default:
	}
	return nil
}

func errGone() error { return errors.New("the fake is closed") }
