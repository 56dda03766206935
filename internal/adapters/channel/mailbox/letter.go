package mailbox

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // answers come in any
	"github.com/emersion/go-message/mail"
)

// Letter is what is of interest in a mail.
type Letter struct {
	ID       string    // its Message-ID, without angle brackets; where it has none, a hash
	From     string    // the address that it names; anybody can write any
	Subject  string    // one line
	Date     time.Time // that it names; zero: none
	First    string    // the first line that somebody wrote above what they answer
	Text     string    // all that it says: its text, where it has none what its HTML shows
	Bounce   string    // why a mail could not be delivered, in words; "" for what is no such report
	Null     bool      // without a sender: no person wrote it
	auto     bool      // it says itself that a machine wrote it
	answered bool      // it says itself that a machine answers by it, or reports
	rouse    bool      // a Rouse sent it
	html     string
}

// Machine says whether no person wrote it: it is never answered.
func (l *Letter) Machine() bool { return l.Null || l.auto || l.Bounce != "" }

const (
	maxParts   = 20
	maxText    = 64 << 10 // bytes of a part that are looked at
	maxLine    = 300      // bytes of a line
	maxSubject = 998      // bytes: the longest line that mail may have
)

// Read reads a mail, whatever it holds. An error: it is none.
func Read(r io.Reader) (Letter, error) {
	hash := sha256.New()
	e, err := message.Read(io.TeeReader(r, hash))
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return Letter{}, err
	}
	h := mail.Header{Header: e.Header}
	if h.Len() == 0 {
		return Letter{}, errors.New("it has no header")
	}
	var l Letter
	l.ID, _ = h.MessageID()
	if from, err := h.AddressList("From"); err == nil && len(from) == 1 {
		l.From = from[0].Address
	}
	l.Subject, _ = h.Subject()
	l.Subject = oneLine(l.Subject, maxSubject)
	l.Date, _ = h.Date()
	l.auto, l.answered, l.rouse = byMachine(&h), answersItself(&h), ofRouse(&h)
	kind, params, _ := e.Header.ContentType()
	report := strings.EqualFold(kind, "multipart/report") && strings.EqualFold(params["report-type"], "delivery-status")
	if err := l.parts(e, report); err != nil {
		return Letter{}, err
	}
	_, _ = io.Copy(io.Discard, r)
	if l.Text = tidy(l.Text); l.Text == "" {
		l.Text = plain(l.html) // some phones write HTML only
		l.First = firstLine(strings.NewReader(l.Text))
	}
	if l.ID = oneLine(l.ID, maxLine); l.ID == "" {
		l.ID = hex.EncodeToString(hash.Sum(nil))
	}
	return l, nil
}

// parts reads what the letter is made of. A part that cannot be read may stand beside one that can.
func (l *Letter) parts(e *message.Entity, report bool) error {
	n := 0
	err := e.Walk(func(_ []int, part *message.Entity, err error) error {
		if n++; n > maxParts || part == nil {
			return io.EOF
		}
		if err == nil || message.IsUnknownCharset(err) {
			l.part(part, report)
		}
		return nil
	})
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// part takes what is of interest in one part: text, and a report.
func (l *Letter) part(part *message.Entity, report bool) {
	kind, _, _ := part.Header.ContentType()
	how, _, _ := part.Header.ContentDisposition()
	body := io.LimitReader(part.Body, maxText)
	shown := !strings.EqualFold(how, "attachment")
	switch {
	case report && strings.EqualFold(kind, "message/delivery-status") && l.Bounce == "":
		l.Bounce = bounce(body)
	case shown && strings.EqualFold(kind, "text/plain") && len(l.Text) < maxText:
		text, _ := io.ReadAll(body) // what could be read of it
		if l.First == "" {
			l.First = firstLine(bytes.NewReader(text))
		}
		l.Text += string(text) + "\n"
	case shown && strings.EqualFold(kind, "text/html") && l.html == "":
		text, _ := io.ReadAll(body)
		l.html = string(text)
	}
}

// byMachine knows what out-of-office notes, lists and other programs say of themselves (RFC 3834, and older ways).
func byMachine(h *mail.Header) bool {
	if a := strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted"))); a != "" && a != "no" {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(h.Get("Precedence"))) {
	case "bulk", "junk", "list", "auto_reply":
		return true
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Autoresponse", "List-Id", "List-Unsubscribe", "X-Failed-Recipients", "Feedback-Id"} {
		if h.Has(name) {
			return true
		}
	}
	kind, _, _ := h.ContentType()
	return strings.HasPrefix(strings.ToLower(kind), "multipart/report")
}

// firstLine is the first line with something on it; "" where that is quoted already.
func firstLine(r io.Reader) string {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), maxText)
	for lines.Scan() {
		if line := oneLine(lines.Text(), maxLine); line != "" {
			if strings.HasPrefix(line, ">") {
				return ""
			}
			return line
		}
	}
	return ""
}

// oneLine is foreign text without control and invisible characters, cut to a length in bytes.
func oneLine(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.In(r, unicode.Cf):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.TrimSpace(s)
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "")
	}
	return s
}

// bounce reads a report by RFC 3464 and says why a mail could not be delivered; "" where it only waits, or arrived.
func bounce(r io.Reader) string {
	fields := textproto.NewReader(bufio.NewReader(r))
	for range maxParts { // the message's fields, then those of each recipient
		h, err := fields.ReadMIMEHeader()
		if strings.EqualFold(strings.TrimSpace(h.Get("Action")), "failed") {
			return reason(oneLine(h.Get("Status"), 20), oneLine(h.Get("Diagnostic-Code"), maxLine))
		}
		if err != nil {
			return ""
		}
	}
	return ""
}

// reason says it in words, by the status of RFC 3463 where that says enough.
func reason(status, theirs string) string {
	words := map[string]string{
		"1.1": "mailbox does not exist", "1.10": "mailbox does not exist", "1.6": "mailbox has moved", "1.2": "the domain does not exist",
		"2.1": "mailbox is disabled", "2.2": "mailbox is full", "4.7": "it waited too long",
	}
	_, detail, _ := strings.Cut(status, ".")
	if w := words[detail]; w != "" {
		return w + " (" + status + ")"
	}
	if _, after, ok := strings.Cut(theirs, ";"); ok {
		theirs = strings.TrimSpace(after)
	}
	if theirs == "" {
		return "refused (" + status + ")"
	}
	return fmt.Sprintf("%s (%s)", theirs, status)
}
