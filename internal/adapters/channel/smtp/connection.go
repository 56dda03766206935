package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

const (
	kept    = 4                // connections kept open
	keptFor = 20 * time.Second // mail servers close idle ones after minutes; a burst is over sooner
)

// conn is a connection that has greeted and signed in.
type conn struct {
	*smtp.Client
	raw   net.Conn
	timer *time.Timer // while idle
}

// drop ends it without ceremony.
func (c *conn) drop() { _ = c.raw.Close() }

// within bounds what happens on the connection by ctx until the returned function is called.
func (c *conn) within(ctx context.Context) (release func()) {
	stop := context.AfterFunc(ctx, c.drop)
	return func() { stop() }
}

// finalError is something that another attempt will not change.
type finalError struct{ words string }

func (e *finalError) Error() string { return e.words }

// connection gives an idle connection that still answers, or a new one.
func (s *Sender) connection(ctx context.Context) (*conn, error) {
	for c := s.idle.take(); c != nil; c = s.idle.take() {
		release := c.within(ctx)
		err := c.Reset()
		release()
		if err == nil {
			return c, nil
		}
		c.drop()
	}
	return s.dial(ctx)
}

func (s *Sender) dial(ctx context.Context) (*conn, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(s.cfg.Host, s.cfg.Port))
	if err != nil {
		return nil, err
	}
	c := &conn{raw: raw}
	defer c.within(ctx)()
	if err := s.greet(ctx, c); err != nil {
		c.drop()
		return nil, err
	}
	return c, nil
}

// greet does all that comes before the first email.
func (s *Sender) greet(ctx context.Context, c *conn) error {
	stream := c.raw
	if s.cfg.TLS == TLSImplicit {
		t := tls.Client(c.raw, s.tlsConfig())
		if err := t.HandshakeContext(ctx); err != nil {
			return untrusted(err)
		}
		stream = t
	}
	client, err := smtp.NewClient(stream, s.cfg.Host)
	if err != nil {
		return err
	}
	c.Client = client
	client.SkipSMTPUTF8(true) // relays behind the server may not speak it
	name, err := os.Hostname()
	if err != nil {
		name = "localhost"
	}
	if err := client.Hello(name); err != nil {
		return err
	}
	if err := s.startTLS(client); err != nil {
		return err
	}
	if s.cfg.User == "" {
		return nil
	}
	return client.Auth(&login{cfg: s.cfg})
}

func (s *Sender) startTLS(client *smtp.Client) error {
	if s.cfg.TLS != TLSOffered && s.cfg.TLS != TLSMandatory {
		return nil
	}
	if offered, _ := client.Extension("STARTTLS"); offered {
		return untrusted(client.StartTLS(s.tlsConfig()))
	}
	if s.cfg.TLS == TLSMandatory {
		return &finalError{"the mail server offers no encryption (STARTTLS), which is needed here"}
	}
	return nil
}

func (s *Sender) tlsConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.cfg.Host, RootCAs: s.cfg.Roots}
}

// untrusted makes a wrong certificate final.
func untrusted(err error) error {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &finalError{fmt.Sprintf("the mail server's certificate is not trusted: %v", e.Err)}
	}
	return err
}

// login signs in by what the server offers. Whether the password may travel was decided by the configuration.
type login struct {
	cfg Config
	smtp.Auth
}

// Start chooses the mechanism.
func (l *login) Start(server *smtp.ServerInfo) (mechanism string, first []byte, err error) {
	switch {
	case slices.Contains(server.Auth, "PLAIN"):
		l.Auth = smtp.PlainAuth("", l.cfg.User, l.cfg.Password, l.cfg.Host, true)
	case slices.Contains(server.Auth, "LOGIN"):
		l.Auth = smtp.LoginAuth(l.cfg.User, l.cfg.Password, l.cfg.Host, true)
	case slices.Contains(server.Auth, "CRAM-MD5"):
		l.Auth = smtp.CRAMMD5Auth(l.cfg.User, l.cfg.Password)
	default:
		return "", nil, &finalError{"the mail server offers no way to sign in that we know (PLAIN, LOGIN, CRAM-MD5)"}
	}
	return l.Auth.Start(server)
}

// pool keeps a few connections for the next email. Its zero value is empty.
type pool struct {
	mu     sync.Mutex
	conns  []*conn
	closed bool
}

// take gives the connection that was used last; nil if there is none.
func (p *pool) take() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.conns) == 0 {
		return nil
	}
	c := p.conns[len(p.conns)-1]
	p.conns = p.conns[:len(p.conns)-1]
	c.timer.Stop()
	return c
}

func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.conns) >= kept {
		go quit(c)
		return
	}
	p.conns = append(p.conns, c)
	c.timer = time.AfterFunc(keptFor, func() { p.expire(c) })
}

// expire ends a connection that nobody has taken.
func (p *pool) expire(c *conn) {
	p.mu.Lock()
	i := slices.Index(p.conns, c)
	if i >= 0 {
		p.conns = slices.Delete(p.conns, i, i+1)
	}
	p.mu.Unlock()
	if i >= 0 {
		quit(c)
	}
}

func (p *pool) close() {
	p.mu.Lock()
	conns := p.conns
	p.conns, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range conns {
		c.timer.Stop()
		quit(c)
	}
}

// quit says goodbye, for a second at most.
func quit(c *conn) {
	_ = c.raw.SetDeadline(time.Now().Add(time.Second))
	_ = c.Quit()
	c.drop()
}
