// Package email makes of a mail what an integration's expression reads, and has the expression of those without one.
package email

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Mail is what is read of one.
type Mail struct {
	ID      string // Message-ID, without angle brackets
	From    string // the address that it names; anybody can write any
	Subject string // one line; "" where it has none
	Text    string // what it says, without HTML
	Date    time.Time
}

// Transform is the expression of integrations that have none of their own: every mail fires, those of one subject are one
// alert, and nothing is over until a person says so.
const Transform = `{
  status: "firing",
  fingerprint: body.thread,
  labels: {alertname: body.thread, service: body.integration, severity: body.severity},
  annotations: {summary: body.subject, description: body.text, from: body.from}
}`

// maxText is how much of a text is kept, in bytes: of what an alert shows it is far more.
const maxText = 32 << 10

// body is what an expression sees.
type body struct {
	Subject     string `json:"subject"`
	Thread      string `json:"thread"`   // the subject without Re:, Fwd: and the state before it: what mails about one thing have in common
	Status      string `json:"status"`   // resolved where the subject begins with such a word, else firing
	Severity    string `json:"severity"` // of the subject's words; "" where it says none
	From        string `json:"from"`
	Date        string `json:"date"` // RFC 3339; "" where it names none
	Text        string `json:"text"`
	MessageID   string `json:"message_id"`
	Integration string `json:"integration"` // its name
}

// Body writes a mail as the JSON that the expression of an integration of this name reads.
func Body(m Mail, integration string) []byte {
	b := body{Subject: m.Subject, From: m.From, Text: cut(m.Text), MessageID: m.ID, Integration: integration}
	if b.Subject == "" {
		b.Subject = "(no subject)"
	}
	if !m.Date.IsZero() {
		b.Date = m.Date.UTC().Format(time.RFC3339)
	}
	b.Thread, b.Status, b.Severity = read(b.Subject)
	raw, _ := json.Marshal(b) // texts always can be
	return raw
}

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// The words that stand before a subject, as mail programs and what watches machines write them.
var (
	replied  = regexp.MustCompile(`(?i)^\s*(re|fwd?|aw|wg|rv|tr|sv|vs|antw|enc|rif|res)(\[\d+\])?\s*:\s*`)
	marked   = regexp.MustCompile(`(?i)^[\s*]*(?:\[\s*(` + states + `)(?::\s*\d+)?\s*\]|(` + states + `)(?:\s+in\s+[\w ]+)?\s*(?::|\s[-–—]\s))[\s:*-]*`)
	critical = regexp.MustCompile(`(?i)\b(critical|crit|fatal|emergency|disaster)\b`)
)

const (
	over     = `resolved|recovered|recovery|ok|up|cleared|closed|normal`
	severity = `critical|crit|fatal|emergency|disaster|error|warning|warn|info|notice`
	states   = over + `|` + severity + `|firing|problem|alarm|alert|triggered|down`
)

var (
	isOver     = regexp.MustCompile(`(?i)^(` + over + `)$`)
	isSeverity = regexp.MustCompile(`(?i)^(` + severity + `)$`)
)

// read takes apart a subject. What says less than the default, a warning, must stand before it to count; what says more
// may stand anywhere.
func read(subject string) (thread, status, sev string) {
	thread, status = subject, "firing"
	for range 20 { // of each nobody writes more
		if prefix := replied.FindString(thread); prefix != "" {
			thread = thread[len(prefix):]
			continue
		}
		mark := marked.FindStringSubmatch(thread)
		if mark == nil {
			break
		}
		word := mark[1] + mark[2]
		switch {
		case isOver.MatchString(word):
			status = "resolved"
		case isSeverity.MatchString(word) && sev == "":
			sev = strings.ToLower(word)
		}
		thread = thread[len(mark[0]):]
	}
	if thread = strings.TrimSpace(thread); thread == "" {
		thread = subject
	}
	if critical.MatchString(subject) {
		sev = "critical"
	}
	return thread, status, sev
}
