// Package smtp sends email by a mail server.
package smtp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Sender sends email. Any number of goroutines may use it.
type Sender struct {
	cfg  Config
	idle pool
}

var _ ports.Notifier = (*Sender)(nil)

// New gives a sender. Close it.
func New(cfg Config) *Sender { return &Sender{cfg: cfg} }

// Close ends the connections that are kept open.
func (s *Sender) Close() { s.idle.close() }

// Send sends the message as one email.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	to, err := checkAddress(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	msg, err := s.compose(m, to)
	if err != nil {
		return ports.Receipt{}, fmt.Errorf("write the email: %w", err)
	}
	c, err := s.connection(ctx)
	if err != nil {
		return ports.Receipt{}, s.unsent(ctx, err)
	}
	said, err := s.transfer(ctx, c, s.returnPath(m), to, msg)
	if err != nil {
		c.drop()
		return ports.Receipt{}, err
	}
	s.idle.put(c)
	return ports.Receipt{Detail: "the mail server said: " + s.redact(said)}, nil
}

// Reply answers a mail that somebody wrote about a message. It says that a machine wrote it, so that nothing goes round.
func (s *Sender) Reply(ctx context.Context, to, subject, inReplyTo, words string) error {
	to, err := checkAddress(to)
	if err != nil {
		return err
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.FromFormat(s.cfg.From.Name, s.cfg.From.Address), msg.To(to)); err != nil {
		return err
	}
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	msg.Subject(subject)
	msg.SetDate()
	msg.SetMessageID()
	if id := "<" + inReplyTo + ">"; !strings.ContainsAny(inReplyTo, " <>") && strings.Contains(inReplyTo, "@") {
		msg.SetGenHeader(mail.HeaderInReplyTo, id)
		msg.SetGenHeader(mail.HeaderReferences, id)
	}
	msg.SetGenHeader("Auto-Submitted", "auto-replied")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetBodyString(mail.TypeTextPlain, words+"\n")
	c, err := s.connection(ctx)
	if err != nil {
		return s.unsent(ctx, err)
	}
	if _, err := s.transfer(ctx, c, s.cfg.From.Address, to, msg); err != nil {
		c.drop()
		return err
	}
	s.idle.put(c)
	return nil
}

// Check asks whether the mail server answers and lets us in, without sending anything.
func (s *Sender) Check(ctx context.Context) error {
	c, err := s.connection(ctx)
	if err != nil {
		return s.unsent(ctx, err)
	}
	s.idle.put(c)
	return nil
}

// compose writes the email. Its Message-ID is the same for each attempt, and so are its References for each
// message about an incident, so that mail programs show an incident as one conversation. Autoresponders leave alone
// what says that no person wrote it, and what a list sent.
func (s *Sender) compose(m ports.Outgoing, to string) (*mail.Msg, error) {
	reply := s.address("reply", m)
	m.Replies = reply != ""
	t := text.Email(text.Input(m))
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(s.cfg.From.Name, s.cfg.From.Address); err != nil {
		return nil, err
	}
	if err := msg.To(to); err != nil {
		return nil, err
	}
	msg.Subject(t.Subject)
	msg.SetDateWithValue(m.CreatedAt)
	msg.SetMessageIDWithValue(string(m.ID) + "@" + s.domain())
	if len(m.Items) == 1 {
		thread := "<incident-" + m.Items[0].ID + "@" + s.domain() + ">"
		msg.SetGenHeader(mail.HeaderInReplyTo, thread)
		msg.SetGenHeader(mail.HeaderReferences, thread)
	}
	if reply != "" {
		if err := msg.ReplyTo(reply); err != nil {
			return nil, err
		}
	}
	msg.SetGenHeader("List-Id", "Rouse <rouse."+s.domain()+">")
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetBodyString(mail.TypeTextPlain, t.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, t.HTML)
	return msg, nil
}

func (s *Sender) domain() string {
	return s.cfg.From.Address[strings.LastIndexByte(s.cfg.From.Address, '@')+1:]
}

// address is one of this server's for a message: what comes there is about it. "" where mail does not come here, or
// nobody can answer the message.
func (s *Sender) address(what string, m ports.Outgoing) string {
	if s.cfg.Replies == "" || m.Answers.Whole == "" {
		return ""
	}
	return what + "+" + m.Answers.Whole + "@" + s.cfg.Replies
}

// returnPath is where mail servers report what they could not deliver.
func (s *Sender) returnPath(m ports.Outgoing) string {
	return cmp.Or(s.address("bounce", m), s.cfg.From.Address)
}

// transfer hands the email over and gives the server's words.
func (s *Sender) transfer(ctx context.Context, c *conn, from, to string, msg *mail.Msg) (string, error) {
	defer c.within(ctx)()
	if err := c.Mail("<" + from + ">"); err != nil {
		return "", s.unsent(ctx, err)
	}
	if err := c.Rcpt("<" + to + ">"); err != nil {
		if why := s.refusesMailbox(err); why != "" && s.cfg.Refused != nil {
			s.cfg.Refused(ctx, to, why)
		}
		return "", s.unsent(ctx, err)
	}
	w, err := c.Data()
	if err != nil {
		return "", s.unsent(ctx, err)
	}
	if _, err := msg.WriteTo(w); err != nil {
		return "", s.unsent(ctx, err) // without its last line a server throws an email away
	}
	if err := w.Close(); err != nil {
		if _, answered := errors.AsType[*textproto.Error](err); answered {
			return "", s.unsent(ctx, err)
		}
		return "", ports.Ambiguous(fmt.Errorf("the mail server took the email and did not answer: %s", s.words(ctx, err)))
	}
	if r, ok := w.(interface{ ServerResponse() string }); ok {
		return r.ServerResponse(), nil
	}
	return "", nil
}

// refusesMailbox is why the mailbox itself takes nothing, in words; "": it is not said. A policy (5.7) refuses us, not it.
// https://www.rfc-editor.org/rfc/rfc3463#section-3
func (s *Sender) refusesMailbox(err error) string {
	e, ok := errors.AsType[*textproto.Error](err)
	if !ok || e.Code != 550 || strings.HasPrefix(e.Msg, "5.7.") {
		return ""
	}
	words := []rune(strings.Join(strings.Fields(s.redact(e.Msg)), " "))
	return "550 " + string(words[:min(len(words), maxRefusal)])
}

// maxRefusal bounds a server's words, in characters.
const maxRefusal = 200

// unsent says what an error means that came before the email was handed over. What the server calls permanent
// is final, and so is a certificate that does not fit.
func (s *Sender) unsent(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		said := fmt.Errorf("the mail server said: %d %s", e.Code, s.redact(e.Msg))
		if e.Code >= 500 {
			return said
		}
		return ports.Retryable(said, 0)
	}
	if f, ok := errors.AsType[*finalError](err); ok {
		return f
	}
	return ports.Retryable(fmt.Errorf("the mail server %s: %s", s.cfg.Host, s.words(ctx, err)), 0)
}

// words are not wrapped: a deadline that ran out before the email was handed over leaves no doubt.
func (s *Sender) words(ctx context.Context, err error) string {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "time ran out"
	case ctx.Err() != nil:
		return "stopped"
	}
	return s.redact(err.Error())
}

func (s *Sender) redact(said string) string {
	if s.cfg.Password == "" {
		return said
	}
	return strings.ReplaceAll(said, s.cfg.Password, "***")
}
