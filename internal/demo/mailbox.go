package demo

import (
	"context"
	_ "embed"
	"errors"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/wneessen/go-mail"
)

// keeps is how many emails the mailbox keeps: the newest.
const keeps = 2000

// mailbox is a mail server that takes what anybody sends to anybody, and shows it in a browser.
type mailbox struct {
	now   func() time.Time
	smtp  *smtp.Server
	inlet net.Listener
	page  *http.Server
	front net.Listener

	mu   sync.Mutex
	last int
	mail []letter // oldest first
}

// letter is an email that was taken.
type letter struct {
	ID         int
	At         time.Time
	From       string
	To         string
	Subject    string
	Text, HTML string
}

// openMailbox listens for mail on any port of this machine, and for browsers where it is told to. Close it.
func openMailbox(ctx context.Context, listen string, now func() time.Time) (*mailbox, error) {
	m := &mailbox{now: now}
	var err error
	if m.inlet, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if m.front, err = (&net.ListenConfig{}).Listen(ctx, "tcp", listen); err != nil {
		return nil, errors.Join(err, m.inlet.Close())
	}
	m.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{box: m}, nil }))
	m.smtp.Domain, m.smtp.MaxMessageBytes = "demo.invalid", 1<<20
	m.smtp.ErrorLog = log.New(io.Discard, "", 0)
	m.page = &http.Server{Handler: m.pages(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = m.smtp.Serve(m.inlet) }() // until Close
	go func() { _ = m.page.Serve(m.front) }()
	return m, nil
}

// url is what ROUSE_SMTP_URL is for it.
func (m *mailbox) url() string {
	return "smtp://" + m.inlet.Addr().String() + "?from=rouse@example.org"
}

// Close ends it and forgets all.
func (m *mailbox) Close() error {
	_ = m.inlet.Close() // the server does not know it before Serve has begun
	_ = m.smtp.Close()
	return m.page.Close()
}

// delivery is one email on its way in.
type delivery struct {
	box  *mailbox
	from string
	to   []string
}

// Reset forgets what was begun.
func (d *delivery) Reset() { d.from, d.to = "", nil }

// Logout ends the session.
func (d *delivery) Logout() error { return nil }

// Mail begins an email.
func (d *delivery) Mail(from string, _ *smtp.MailOptions) error { d.from = from; return nil }

// Rcpt adds a recipient.
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error { d.to = append(d.to, to); return nil }

// Data takes it.
func (d *delivery) Data(r io.Reader) error {
	msg, err := mail.EMLToMsgFromReader(r)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	l := letter{From: d.from, To: strings.Join(d.to, ", "), Subject: strings.Join(msg.GetGenHeader(mail.HeaderSubject), " ")}
	for _, p := range msg.GetParts() {
		b, err := p.GetContent()
		if err != nil {
			return err
		}
		switch p.GetContentType() {
		case mail.TypeTextHTML:
			l.HTML = string(b)
		default:
			l.Text = string(b)
		}
	}
	d.box.take(l)
	return nil
}

func (m *mailbox) take(l letter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	l.ID, l.At = m.last, m.now()
	m.mail = append(m.mail, l)
	if len(m.mail) > keeps {
		m.mail = m.mail[1:]
	}
}

// shown gives the newest emails first, those to or about something where that is asked for.
func (m *mailbox) shown(q string) []letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	q = strings.ToLower(q)
	out := []letter{}
	for i := len(m.mail) - 1; i >= 0 && len(out) < 200; i-- {
		if l := m.mail[i]; q == "" || strings.Contains(strings.ToLower(l.To+"\n"+l.Subject), q) {
			out = append(out, l)
		}
	}
	return out
}

func (m *mailbox) one(id string) (letter, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, _ := strconv.Atoi(id) // 0 is none
	for _, l := range m.mail {
		if l.ID == n {
			return l, true
		}
	}
	return letter{}, false
}

//go:embed mailbox.html
var mailboxHTML string

// pages show the mailbox. What emails say is text here, or in a frame that can run nothing.
func (m *mailbox) pages() http.Handler {
	t := template.Must(template.New("").Funcs(template.FuncMap{
		"when": func(t time.Time) string { return t.Local().Format("Mon 2 Jan 15:04:05") },
	}).Parse(mailboxHTML))
	show := func(w http.ResponseWriter, name string, v any) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'")
		w.Header().Set("Referrer-Policy", "no-referrer")
		_ = t.ExecuteTemplate(w, name, v) // the reader may be gone
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query().Get("q")
		show(w, "list", map[string]any{"Q": q, "Mail": m.shown(q)})
	})
	mux.HandleFunc("GET /mail/{id}", func(w http.ResponseWriter, r *http.Request) {
		l, ok := m.one(r.PathValue("id"))
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		show(w, "one", l)
	})
	return mux
}
