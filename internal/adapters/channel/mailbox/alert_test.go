package mailbox

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

func TestMailAsAnAlert(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const alert = "From: mon@example.org\nMessage-ID: <a@b>\nSubject: =?utf-8?q?Platte_voll_=E2=80=93?= db\nAuto-Submitted: auto-generated\nPrecedence: bulk\n\nFull since\nnoon.\n"
	for name, c := range map[string]struct {
		to, mail string
		want     int
		happens  string
	}{
		"an alert":               {"key@in.example.org", alert, 250, `alert of disks: "Platte voll – db" "Full since\nnoon."`},
		"in other letters":       {"KEY@IN.example.org", alert, 250, `alert of disks: "Platte voll – db" "Full since\nnoon."`},
		"an unknown key":         {"other@in.example.org", alert, 550, ""},
		"another domain":         {"key@example.org", alert, 550, ""},
		"a key after a plus":     {"alerts+key@in.example.org", alert, 550, ""},
		"limited":                {"busy@in.example.org", alert, 451, ""},
		"what answers by itself": {"key@in.example.org", "Subject: Away\nAuto-Submitted: auto-replied\n\nI am away\n", 550, ""},
		"a report":               {"key@in.example.org", strings.NewReplacer("ACTION", "failed", "STATUS", "5.1.1").Replace(dsn), 550, ""},
		"a page of a Rouse":      {"key@in.example.org", "Subject: [CRIT] db\nList-Id: Rouse <rouse.example.org>\nAuto-Submitted: auto-generated\n\nx\n", 550, ""},
		"of no text":             {"key@in.example.org", "Subject: x\nContent-Type: application/pdf\n\nx\n", 250, `alert of disks: "x" ""`},
	} {
		got := b.send(t, "mon@example.org", c.to, c.mail)
		if did := b.happened(); got != c.want || did != c.happens {
			t.Errorf("%s: %d, and %q; want %d, and %q", name, got, did, c.want, c.happens)
		}
	}
	b.fails = fault.Unavailable(0, "store.unavailable", "refused")
	if got := b.send(t, "mon@example.org", "key@in.example.org", alert); got != 451 {
		t.Errorf("while the database is away: %d", got)
	}
}

// alerts is the part of the box that has an integration.
func (b *box) alerts() Alerts {
	return Alerts{
		Sender: func(_ context.Context, key string, client netip.Addr) (*directory.Integration, error) {
			switch {
			case strings.EqualFold(key, "key") && client.IsLoopback():
				return &directory.Integration{Name: "disks"}, nil
			case key == "busy":
				return nil, fault.Unavailable(0, "alerts.rate", "too many")
			}
			return nil, fault.Unauthorized("alerts.key_wrong", "unknown")
		},
		Take: func(_ context.Context, from *directory.Integration, l Letter) error {
			b.note("alert of %s: %q %q", from.Name, l.Subject, l.Text)
			return b.fails
		},
	}
}

func TestWhatAMailSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ mail, want string }{
		"plain":          {"Subject: x\n\none  \n\n\n\ntwo\n", "one\n\ntwo"},
		"both":           {"Subject: x\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<p>html</p>\n--b--\n", "plain"},
		"an empty text":  {"Subject: x\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: text/html\n\n<p>html</p>\n--b--\n", "html"},
		"html":           {"Subject: x\nContent-Type: text/html; charset=utf-8\n\n<html><head><title>t</title><style>p{}</style></head><body><h1>Disk&nbsp;full</h1><p>on <b>db-1</b> &lt;now&gt;</p><script>x()</script><table><tr><td>a</td><td>b</td></tr></table>c<br>d</body>\n", "Disk full\n\non db-1 <now>\n\n a  b\n\nc\nd"},
		"latin 1":        {"Subject: x\nContent-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n<p>gest=F6rt</p>\n", "gestört"},
		"shift jis":      {"Subject: x\nContent-Type: text/plain; charset=shift_jis\nContent-Transfer-Encoding: base64\n\nj+GKUQ==\n", "障害"},
		"nested":         {"Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>deep</p>\n--b--\n--a\nContent-Type: text/plain\nContent-Disposition: attachment; filename=log\n\nlog\n--a--\n", "deep"},
		"an odd charset": {"Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain; charset=klingon\n\nstill read\n--a--\n", "still read"},
		"broken html":    {"Subject: x\nContent-Type: text/html\n\n<p>a<<b <!-- <p>c", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := Read(strings.NewReader(crlf(c.mail)))
			if name == "broken html" && err == nil && strings.HasPrefix(l.Text, c.want) {
				return
			}
			if err != nil || l.Text != c.want {
				t.Errorf("%q, %v, want %q", l.Text, err, c.want)
			}
		})
	}
	deep := strings.Repeat("<div>", 50_000) + "x"
	if got := plain(deep); got != "x" {
		t.Errorf("%.40q of what is nested deeply", got)
	}
}
