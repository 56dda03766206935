package mailbox

import (
	"context"
	"html"
	"net/netip"
	"strings"
	"unicode"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
	"github.com/tdewolff/parse/v2"
	lexer "github.com/tdewolff/parse/v2/html"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Alerts takes mail to KEY@domain as alerts of the integration whose key that is.
type Alerts struct {
	// Sender gives the integration of a key, where mail may come to it now from an address. KindUnavailable: it is to
	// come again; any other error: there is no such address.
	Sender func(ctx context.Context, key string, client netip.Addr) (*directory.Integration, error)
	// Take returns when the alert is committed. An error: it is not, and the mail is to come again.
	Take func(ctx context.Context, from *directory.Integration, l Letter) error
}

// integration gives whose key an address is. Which keys exist nobody learns: what is not ours, what is none, and what
// may not come from there are one answer.
func (c *session) integration(local string) (*directory.Integration, error) {
	if c.s.cfg.Alerts.Sender == nil {
		return nil, unknown()
	}
	ctx, cancel := context.WithTimeout(context.Background(), work)
	defer cancel()
	from, err := c.s.cfg.Alerts.Sender(ctx, local, c.client)
	switch {
	case fault.Is(err, fault.KindUnavailable):
		return nil, again()
	case err != nil:
		return nil, unknown()
	}
	return from, nil
}

// alert takes a mail as an alert. What was sent by a Rouse, or answers by itself, would go round.
func (s *Server) alert(ctx context.Context, from *directory.Integration, l Letter) error {
	if l.Loop() {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "no alerts are made of answers by machines, of reports, or of what a Rouse has sent"}
	}
	return s.cfg.Alerts.Take(ctx, from, l)
}

// Loop says whether it goes round: what a Rouse sent, what a machine answered, what comes back. What a machine began
// is most of what alerts come by.
func (l *Letter) Loop() bool { return l.rouse || l.answered || l.Bounce != "" }

// answersItself knows out-of-office notes and reports (RFC 3834, and older ways).
func answersItself(h *mail.Header) bool {
	if a := strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted"))); strings.HasPrefix(a, "auto-replied") || strings.HasPrefix(a, "auto-notified") {
		return true
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Failed-Recipients"} {
		if h.Has(name) {
			return true
		}
	}
	kind, _, _ := h.ContentType()
	return strings.EqualFold(strings.TrimSpace(h.Get("Precedence")), "auto_reply") || strings.EqualFold(kind, "multipart/report")
}

// ofRouse knows the pages of any Rouse by the list that they say they are of.
func ofRouse(h *mail.Header) bool {
	return strings.Contains(strings.ToLower(h.Get("List-Id")), "<rouse.")
}

// plain makes text of HTML: a line for each block, without what nobody sees.
func plain(source string) string {
	var out strings.Builder
	l, hidden := lexer.NewLexer(parse.NewInputString(source)), ""
	for {
		kind, data := l.Next()
		tag := strings.ToLower(string(l.Text()))
		switch kind { //nolint:exhaustive // the others say nothing
		case lexer.ErrorToken:
			return tidy(out.String())
		case lexer.TextToken:
			if hidden == "" {
				out.WriteString(strings.Join(strings.FieldsFunc(html.UnescapeString(string(data)), func(r rune) bool { return r == '\n' || r == '\r' }), " "))
			}
		case lexer.StartTagToken:
			if hidden == "" && unseen(tag) {
				hidden = tag
			}
			out.WriteString(between(tag))
		case lexer.EndTagToken:
			if tag == hidden {
				hidden = ""
			}
			out.WriteString(between(tag))
		}
	}
}

func unseen(tag string) bool {
	switch tag {
	case "head", "script", "style", "title", "template":
		return true
	}
	return false
}

// between is what separates an element from what is beside it.
func between(tag string) string {
	switch tag {
	case "br", "p", "div", "tr", "table", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "hr", "section", "article", "header", "footer":
		return "\n"
	case "td", "th":
		return " "
	}
	return ""
}

// tidy is text without control and invisible characters, without what is blank at the ends of lines, and with one empty
// line at most between others.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), unicode.In(r, unicode.Cf):
			return -1
		case r == '\u00a0':
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	lines := strings.Split(s, "\n")
	kept := lines[:0]
	for _, line := range lines {
		line = strings.TrimRight(line, " \t")
		if line == "" && (len(kept) == 0 || kept[len(kept)-1] == "") {
			continue
		}
		kept = append(kept, line)
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}
