package smtp_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/smtp"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// answerable is a page that can be answered.
func answerable(to string) ports.Outgoing {
	m := channeltest.Message(to)
	m.Answers = notification.Answers{Whole: "1zwholeabcdefg", Of: map[id.Incident]string{m.Items[0].Incident: "1yoneabcdefgh"}}
	return m
}

// read reads an email as another library does.
func read(t *testing.T, raw string) (h mail.Header, parts map[string]string) {
	t.Helper()
	r, err := mail.CreateReader(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	parts = map[string]string{}
	for {
		p, err := r.NextPart()
		if err == io.EOF { //nolint:errorlint // as it is given
			return r.Header, parts
		}
		if err != nil {
			t.Fatal(err)
		}
		inline, ok := p.Header.(*mail.InlineHeader)
		if !ok {
			t.Fatalf("a part is %T", p.Header)
		}
		kind, params, err := inline.ContentType()
		if err != nil || !strings.EqualFold(params["charset"], "utf-8") {
			t.Errorf("%s %v %v", kind, params, err)
		}
		body, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		parts[kind] = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
}

// RFC 5322 as a library reads it that did not write it: headers, addresses, threads, both parts.
func TestAnEmailIsReadByOthers(t *testing.T) {
	t.Parallel()
	s, f := setup(t, channeltest.SMTPOptions{}, func(c *smtp.Config) { c.Replies = "in.example.org" })
	m := answerable(f.Address())
	m.Items[0].Title, m.Items[0].Service = "Datenbank überlastet\r\nBcc: eve@example.org – 数据库 "+strings.Repeat("lang ", 40), "zahlungen-öl"
	if _, err := send(t, s, m); err != nil {
		t.Fatal(err)
	}
	got := f.Taken()[0]
	h, parts := read(t, got.Raw)
	subject, err := h.Subject()
	if err != nil || !strings.HasPrefix(subject, "[CRIT] zahlungen-öl prod: Datenbank überlastet Bcc: eve@example.org – 数据库 lang") || !strings.HasSuffix(subject, "(#4821)") {
		t.Errorf("subject %q, %v", subject, err)
	}
	for name, want := range map[string]string{"From": "rouse@example.org", "To": "ana@example.org", "Reply-To": "reply+1zwholeabcdefg@in.example.org", "Bcc": ""} {
		list, err := h.AddressList(name)
		addr := ""
		if len(list) == 1 {
			addr = list[0].Address
		}
		if err != nil || addr != want || len(list) > 1 {
			t.Errorf("%s: %v, %v, want %s", name, list, err, want)
		}
	}
	if d, err := h.Date(); err != nil || d.Sub(m.CreatedAt).Abs() > time.Second {
		t.Errorf("date %v, %v", d, err)
	}
	if mid, err := h.MessageID(); err != nil || mid != string(m.ID)+"@example.org" {
		t.Errorf("message id %q, %v", mid, err)
	}
	root := "incident-" + m.Items[0].ID + "@example.org"
	for _, name := range []string{"References", "In-Reply-To"} {
		if list, err := h.MsgIDList(name); err != nil || len(list) != 1 || list[0] != root {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	if h.Get("Auto-Submitted") != "auto-generated" || h.Get("List-Id") != "Rouse <rouse.example.org>" || h.Get("X-Auto-Response-Suppress") != "All" {
		t.Errorf("%v", h)
	}
	for kind, words := range map[string][]string{
		"text/plain": {"Acknowledge: http://127.0.0.1:8080/a/1yoneabcdefgh\n", "Resolve: ", "answer this mail with one word"},
		"text/html":  {`href="http://127.0.0.1:8080/a/1yoneabcdefgh"`, ">Acknowledge</a>", "width=device-width", "overflow-wrap:anywhere"},
	} {
		for _, w := range words {
			if !strings.Contains(parts[kind], w) {
				t.Errorf("%s has no %q:\n%s", kind, w, parts[kind])
			}
		}
	}
	if got.From != "bounce+1zwholeabcdefg@in.example.org" {
		t.Errorf("the envelope is from %s", got.From)
	}
	for _, line := range strings.Split(got.Raw, "\r\n") {
		if len(line) > 998 {
			t.Errorf("a line of %d characters", len(line))
		}
	}
}

// Every message about an incident is in one conversation under one subject, whatever becomes of it.
func TestAnIncidentIsOneConversation(t *testing.T) {
	t.Parallel()
	s, f := setup(t, channeltest.SMTPOptions{}, nil)
	page := channeltest.Message(f.Address())
	page.Items[0].First = page.Items[0].Severity
	news := channeltest.Message(f.Address())
	news.ID, news.Purpose = "01890a5d-ac96-774b-bcce-b302099a0002", notification.PurposeUpdate
	news.Items[0].First, news.Items[0].Status, news.Items[0].Text = page.Items[0].First, "resolved", "Resolved after 3 min"
	for _, m := range []ports.Outgoing{page, news} {
		if _, err := send(t, s, m); err != nil {
			t.Fatal(err)
		}
	}
	one, _ := read(t, f.Taken()[0].Raw)
	two, _ := read(t, f.Taken()[1].Raw)
	for _, name := range []string{"Subject", "References"} {
		if one.Get(name) != two.Get(name) || one.Get(name) == "" {
			t.Errorf("%s: %q, then %q", name, one.Get(name), two.Get(name))
		}
	}
	if one.Get("Message-Id") == two.Get("Message-Id") {
		t.Error("both have one id: the second would be dropped as a duplicate")
	}
	if got := f.Taken()[0]; got.From != channeltest.SMTPFrom || got.Header.Get("Reply-To") != "" {
		t.Errorf("nothing comes here, and it is from %s, answered to %q", got.From, got.Header.Get("Reply-To"))
	}
}
