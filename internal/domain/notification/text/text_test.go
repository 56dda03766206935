package text

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

var update = flag.Bool("update", false, "write the golden files anew")

var madrid = time.FixedZone("CET", 3600)

// at is a moment of the night that the tests are about, by Madrid's clock.
func at(hour, minute int) time.Time { return time.Date(2026, 1, 14, hour, minute, 0, 0, madrid).UTC() }

func payments() notification.Item {
	return notification.Item{
		Incident: 4821, ID: "01890a5d-ac96-774b-bcce-b302099a8057", Severity: alert.Critical(), Status: "open",
		Service: "payments", Environment: "prod", Title: "error rate 12% on api-7", Alerts: 4, Since: at(3, 12),
		Runbook: "https://wiki.acme.io/payments?a=1&b=2", Why: "web-primary, level 1, override by Ana", Next: "Ben", NextAt: at(3, 27),
		Labels: []notification.Label{{Name: "alertname", Value: "ErrorRate"}, {Name: "instance", Value: "api-7:8080"}},
	}
}

func item(n int, s alert.Severity, service, title string, since time.Time) notification.Item {
	it := payments()
	it.Incident, it.Severity, it.Service, it.Title, it.Since, it.Alerts = id.Incident(4820+n), s, service, title, since, 1
	return it
}

func input(items ...notification.Item) Input {
	return Input{
		Message: notification.Message{
			ID: "01890a5d-ac96-774b-bcce-b302099a9999", Purpose: notification.PurposePage, Items: items, CreatedAt: at(3, 15),
		},
		Zone: madrid, PublicURL: "https://r.acme.io",
	}
}

// cases are the messages of the golden files, by name.
func cases() map[string]Input {
	page := input(payments())

	repeat := input(payments())
	repeat.MayRepeat = true

	bundle := input(
		item(1, alert.Critical(), "payments", "error rate 12%", at(3, 14)), item(2, alert.Critical(), "auth", "no logins", at(3, 13)),
		item(3, alert.Critical(), "db-main", "down", at(3, 12)), item(4, alert.Error(), "web", "slow", at(3, 14)),
		item(5, alert.Warning(), "disk", "90% full", at(3, 14)), item(6, alert.Warning(), "dns", "slow", at(3, 14)),
	)

	digest := bundle
	digest.Items = append([]notification.Item(nil), bundle.Items...)
	digest.Items[4].Status = "resolved"
	digest.Digest, digest.CreatedAt = true, at(3, 21)

	delayed := page
	delayed.Digest, delayed.CreatedAt = true, at(5, 30)

	acked := payments()
	acked.Status, acked.Text, acked.Why, acked.Next, acked.NextAt = "acknowledged", "Acknowledged by Ben", "", "", time.Time{}
	news := input(acked)
	news.Purpose = notification.PurposeUpdate

	resolved := acked
	resolved.Incident, resolved.Service, resolved.Status, resolved.Text = 4822, "auth", "resolved", "Resolved after 12 min"
	updates := input(acked, resolved)
	updates.Purpose = notification.PurposeUpdate

	healed := input(resolved)
	healed.Purpose = notification.PurposeUpdate

	hostile := payments()
	hostile.Title = "<script>alert(1)</script>\r\nBcc: eve@example.org\x00 \u202egnp.exe\u2066 “žluťoučký kůň” 🔥 数据库 down"
	hostile.Service, hostile.Environment = "pay\nments", "default"
	hostile.Runbook = "javascript:alert(1)"
	hostile.Labels = []notification.Label{{Name: "a\r\nb", Value: strings.Repeat("x", 1000)}, {Name: "html", Value: `"><img src=x onerror=alert(1)>`}}

	long := payments()
	long.Title = "KubePodCrashLooping: pod payments-worker-7d9f8b6c5d-x2v4z in namespace payments-production is restarting 4.2 times every 10 minutes"
	long.Service, long.Environment, long.Since = "payments-worker-production-eu", "production-eu-west-1", at(3, 12).AddDate(0, 0, -2)

	bare := input(payments())
	bare.PublicURL, bare.Zone = "", nil

	answered := page
	answered.Replies, answered.Answers = true, notification.Answers{Whole: "1xwholeabcdefg", Of: map[id.Incident]string{4821: "1woneabcdefgh"}}
	bundled := bundle
	bundled.Replies, bundled.Answers = true, notification.Answers{Whole: "1xwholeabcdefg", Of: map[id.Incident]string{4821: "1woneabcdefgh"}}
	tight := input(long)
	tight.Replies, tight.Answers = true, answered.Answers

	test := input(notification.Item{Text: "nothing is wrong. Ana <b> looks whether this reaches you."})
	test.Purpose = notification.PurposeTest

	return map[string]Input{
		"test": test, "answered": answered, "bundled": bundled, "tight": tight,
		"page": page, "repeat": repeat, "bundle": bundle, "digest": digest, "delayed": delayed, "update": news,
		"updates": updates, "healed": healed, "hostile": input(hostile), "long": input(long), "bare": bare,
	}
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for name, in := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mail := Email(in)
			doc, err := json.MarshalIndent(Webhook(in), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".txt", "SMS: "+SMS(in)+"\n\nLine: "+Line(in)+"\n\nPush: "+pushed(in)+"\n\n"+called(in)+"\n\nSubject: "+mail.Subject+"\n\n"+mail.Text)
			golden(t, name+".json", string(doc)+"\n")
			golden(t, name+".html", mail.HTML)
			if n := septets(SMS(in)); n > segment {
				t.Errorf("%d septets", n)
			}
		})
	}
}

// called is what a call says, where keys are heard and where not.
func called(in Input) string {
	s := Voice(in, true)
	return "Call: " + s.Words + "\n      " + s.Else + "\nCall without keys: " + Voice(in, false).Words + "\nVoicemail: " + s.Machine
}

// Twelve seconds are thirty words: nobody listens to more in the night. What may repeat says so beside them.
func TestCallsAreShort(t *testing.T) {
	t.Parallel()
	list := cases()
	many := payments()
	many.Title = strings.Repeat("so it is ", 20)
	list["many words"] = input(many)
	for name, in := range list {
		in.MayRepeat = false
		for _, keys := range []bool{true, false} {
			s := Voice(in, keys).Words
			if n := len(strings.Fields(s)); in.Purpose == notification.PurposePage && n > 34 || len(s) > 260 {
				t.Errorf("%s: %d words: %s", name, n, s)
			}
			if asks := strings.Contains(s, "Press 1"); asks != (keys && in.Purpose == notification.PurposePage) {
				t.Errorf("%s: asks for a key: %v: %s", name, asks, s)
			}
		}
	}
}

func pushed(in Input) string {
	n := Push(in)
	return fmt.Sprintf("%s\n      %s\n      %s %s %s page=%v silent=%v", n.Title, n.Body, n.Tag, n.Link, n.Answer, n.Page, n.Silent)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// Mail programs keep messages together by subject: only what an incident is may be in it.
func TestSubjectStays(t *testing.T) {
	t.Parallel()
	first := Email(input(payments())).Subject
	if first != "[CRIT] payments prod: error rate 12% on api-7 (#4821)" {
		t.Error(first)
	}
	for _, change := range []func(*Input){
		func(in *Input) { in.Purpose, in.Items[0].Text = notification.PurposeUpdate, "Resolved" },
		func(in *Input) { in.MayRepeat, in.Digest = true, true },
		func(in *Input) { in.Items[0].First, in.Items[0].Severity = alert.Critical(), alert.Error() },
		func(in *Input) { in.Items[0].Alerts, in.Items[0].Status, in.CreatedAt = 99, "resolved", at(9, 0) },
	} {
		in := input(payments())
		change(&in)
		if got := Email(in).Subject; got != first {
			t.Errorf("%q became %q", first, got)
		}
	}
}

func TestGSM(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain @ text_1":     "plain @ text_1",
		"è é Ä ñ ß":          "è é Ä ñ ß",
		"příliš žluťoučký":   "prilis zlutoucky",
		"База данных":        "Baza dannykh",
		"Σφάλμα":             "Σfalma",
		"“a” – b…":           `"a" - b...`,
		"数据库 down":           "? down",
		"fire 🔥 now":         "fire now",
		"e\u0301":            "e",
		"[a]{b}~|^\\ €":      "[a]{b}~|^\\ €",
		"tab\there\u00a0and": "tab here and",
		"\u202eevil\u2066":   "evil",
		"`x`":                "'x'",
	} {
		if got := gsm(in); got != want {
			t.Errorf("%q is written %q, want %q", in, got, want)
		}
	}
	if n := septets("a€[b]"); n != 8 {
		t.Errorf("%d septets", n)
	}
	if n := utf8.RuneCountInString(gsmBasic); n != 125 { // 128 without LF, CR and ESC
		t.Errorf("%d characters in the alphabet", n)
	}
}

func TestCutGSM(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 5, "short"}, {"too long", 6, "too..."}, {"one two three four", 17, "one two three..."},
		{"€€€€", 7, "€€..."}, {"abc", 2, ""}, {"abc", -1, ""},
	} {
		if got := cutGSM(c.in, c.limit); got != c.want {
			t.Errorf("%q cut to %d is %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func FuzzSMS(f *testing.F) {
	f.Add("payments", "prod", "error rate 12%", "Acknowledged by Ben", "https://r.acme.io", int64(4821), 4, uint8(0))
	f.Add("a\r\nb", "\x00", "\u202e€€€€€€€€€€", "", strings.Repeat("h", 200), int64(-1<<63), 1<<62, uint8(7))
	f.Add(strings.Repeat("[", 300), strings.Repeat("щ", 300), strings.Repeat("щ", 300), strings.Repeat("€", 300), "x", int64(1<<62), 2, uint8(15))
	f.Fuzz(func(t *testing.T, service, env, title, what, url string, number int64, alerts int, flags uint8) {
		it := payments()
		it.Service, it.Environment, it.Title, it.Text, it.Incident, it.Alerts = service, env, title, what, id.Incident(number), alerts
		in := input(it)
		in.PublicURL, in.MayRepeat, in.Digest = url, flags&1 != 0, flags&2 != 0
		if flags&4 != 0 {
			in.Purpose = notification.PurposeUpdate
		}
		if flags&8 != 0 {
			in.Items[0].Since = at(3, 12).AddDate(-1, 0, 0)
		}
		one := SMS(in)
		checkSMS(t, one)
		if !strings.Contains(one, it.Incident.String()) {
			t.Errorf("no number in %q", one)
		}
		in.Items = append(in.Items, in.Items[0], payments())
		checkSMS(t, SMS(in))
		mail := Email(in)
		if strings.ContainsFunc(mail.Subject, unicode.IsControl) || !utf8.ValidString(mail.Subject+mail.Text+mail.HTML) || mail.HTML == "" {
			t.Errorf("%q", mail)
		}
	})
}

func checkSMS(t *testing.T, s string) {
	t.Helper()
	if n := septets(s); n > segment {
		t.Errorf("%d septets: %q", n, s)
	}
	for _, r := range s {
		if !strings.ContainsRune(gsmBasic+gsmExtended, r) {
			t.Errorf("%q is not of the GSM alphabet: %q", r, s)
		}
	}
}

// A mail of a storm stays short: servers refuse what is long.
func TestAMailOfManyShowsTheWorst(t *testing.T) {
	t.Parallel()
	items := make([]notification.Item, 1000)
	for i := range items {
		items[i] = item(i, alert.Error(), fmt.Sprintf("service-%d", i), "down", at(3, 12))
	}
	items[999].Severity = alert.Critical()
	mail := Email(input(items...))
	if !strings.Contains(mail.Text, "#5819") {
		t.Error("the worst is not among those that are shown")
	}
	for name, text := range map[string]string{"text": mail.Text, "HTML": mail.HTML} {
		if !strings.Contains(text, "And 950 more incidents, no worse than these.") {
			t.Errorf("the %s does not say how many more there are", name)
		}
		if len(text) > 200_000 {
			t.Errorf("the %s has %d bytes", name, len(text))
		}
	}
}

func TestNoMention(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"@all see": "＠all see", "ask <@123> or <@&4>, <@!5>": "ask <＠123> or <＠&4>, <＠!5>", "ana@example.org": "ana@example.org", "12 @ 3": "12 @ 3", "(@here)": "(＠here)",
	} {
		if got := NoMention(in); got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}
