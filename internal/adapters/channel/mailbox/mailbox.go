// Package mailbox is a mail server for what comes back, answers to pages and reports of what could not be delivered, and
// for alerts. It takes nothing but that: mail to addresses that Rouse signed, and to keys of integrations.
package mailbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	maxMail     = 1 << 20          // bytes: an answer is a word, a report brings a part of what came back, an alert has a page
	maxSessions = 64               // at once
	maxTo       = 5                // recipients of one mail
	patience    = 30 * time.Second // for a command
	work        = 25 * time.Second // for a mail that was taken: acting and answering
)

// Config is what a mailbox needs.
type Config struct {
	Domain string // whose mail comes here, e.g. "rouse.example.org"
	Codes  notification.Codes
	// Answer gives what to say to somebody's answer, "" for nothing; KindUnavailable, or KindConflict while it is being
	// worked: it is to be brought again.
	Answer func(ctx context.Context, w ports.Written) (string, error)
	// Reply mails that to whom the answered message was for.
	Reply func(ctx context.Context, code string, l Letter, words string) error
	// Bounced hears why the message of a code could not be delivered.
	Bounced func(ctx context.Context, code, why string) error
	Alerts  Alerts
	Log     *slog.Logger
}

// Server is the mail server.
type Server struct {
	cfg      Config
	smtp     *smtp.Server
	sessions atomic.Int64

	mu   sync.Mutex
	told map[string]bool // mails whose senders know that nothing could be saved
}

// New gives a server. Serve it and close it.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, told: map[string]bool{}}
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.session))
	s.smtp.Domain = cfg.Domain
	// Longer lines than mail may have (998 bytes, RFC 5322 2.1.1) are written all the same; a mail that is too large is said to be that first.
	s.smtp.MaxMessageBytes, s.smtp.MaxRecipients, s.smtp.MaxLineLength = maxMail, maxTo, 2*maxMail
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = patience, patience
	s.smtp.ErrorLog = slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug)
	return s
}

// Serve takes mail until Close.
func (s *Server) Serve(l net.Listener) error {
	if err := s.smtp.Serve(l); !errors.Is(err, smtp.ErrServerClosed) {
		return err
	}
	return nil
}

// Close ends the server and every connection.
func (s *Server) Close() error { return s.smtp.Close() }

func (s *Server) session(conn *smtp.Conn) (smtp.Session, error) {
	if s.sessions.Add(1) > maxSessions {
		s.sessions.Add(-1)
		return nil, &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "too many connections, come again"}
	}
	client, _ := netip.ParseAddrPort(conn.Conn().RemoteAddr().String()) // none: it is in no network
	return &session{s: s, client: client.Addr().Unmap()}, nil
}

func unknown() error {
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such address here"}
}

func again() error {
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "not now, come again"}
}

// session is one connection.
type session struct {
	s      *Server
	client netip.Addr
	from   string
	to     []address
}

// address is one of ours.
type address struct {
	bounce bool
	code   string
	alerts *directory.Integration // whose key it is; nil: Rouse signed it
}

// Reset forgets a mail that was begun.
func (c *session) Reset() { c.from, c.to = "", nil }

// Logout ends the connection.
func (c *session) Logout() error {
	c.s.sessions.Add(-1)
	return nil
}

// Mail begins a mail. Who sends it says nothing: everybody can write any name.
func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	c.from = from
	return nil
}

// Rcpt takes only addresses that Rouse signed and keys of integrations: nobody can relay by it, or guess.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	local, domain, _ := strings.Cut(to, "@")
	if !strings.EqualFold(domain, c.s.cfg.Domain) {
		return unknown()
	}
	what, code, tagged := strings.Cut(local, "+")
	if !tagged {
		from, err := c.integration(local)
		if err != nil {
			return err
		}
		c.to = append(c.to, address{alerts: from})
		return nil
	}
	_, signed := c.s.cfg.Codes.Read(code)
	bounce := strings.EqualFold(what, "bounce")
	if !signed || !bounce && !strings.EqualFold(what, "reply") {
		return unknown()
	}
	c.to = append(c.to, address{bounce: bounce, code: code})
	return nil
}

// Data works a mail before it is taken: what could not be saved is brought again by whoever sends it.
func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // too large, or broken off: go-smtp says which
	}
	l, err := Read(bytes.NewReader(raw))
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "this is no mail that can be read"}
	}
	l.Null = c.from == ""
	ctx, cancel := context.WithTimeout(context.Background(), work)
	defer cancel()
	for _, to := range c.to {
		if err := c.s.deliver(ctx, to, l); err != nil {
			if _, final := errors.AsType[*smtp.SMTPError](err); final {
				return err
			}
			c.s.cfg.Log.Warn("mail that came in waits", "error", err)
			return again()
		}
	}
	return nil
}

// deliver works one mail to one address. An error: it is to come again, unless it is the answer itself.
func (s *Server) deliver(ctx context.Context, to address, l Letter) error {
	switch {
	case to.alerts != nil:
		return s.alert(ctx, to.alerts, l)
	case l.Bounce != "" && to.bounce:
		return s.cfg.Bounced(ctx, to.code, l.Bounce)
	case to.bounce || l.Machine():
		return nil // out of office, read receipts, what was only delayed: nobody is answered, so nothing goes round
	}
	words, err := s.cfg.Answer(ctx, ports.Written{ID: l.ID, Text: l.First, Code: to.code})
	again := fault.Is(err, fault.KindUnavailable) || fault.Is(err, fault.KindConflict)
	if words == "" || again && !s.tell(l.ID) {
		return onlyIf(again, err)
	}
	if err := s.cfg.Reply(ctx, to.code, l, words); err != nil {
		s.cfg.Log.Error("whoever answered by mail was not answered", "error", err)
	}
	return onlyIf(again, err)
}

func onlyIf(yes bool, err error) error {
	if yes {
		return err
	}
	return nil
}

// tell says whether somebody does not yet know that their answer could not be saved.
func (s *Server) tell(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told[id] {
		return false
	}
	if len(s.told) > 1000 {
		s.told = map[string]bool{}
	}
	s.told[id] = true
	return true
}
