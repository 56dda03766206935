package webhook_test

import (
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/webhook"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func TestATemplatedBody(t *testing.T) {
	t.Parallel()
	f := channeltest.NewWebhook(t)
	m := channeltest.Message(f.Address())
	m.Items[0].Title = `quote " and </script>`
	m.Items[0].Events = []notification.Happened{{Event: notification.EventEscalated, Text: "Escalated to level 2"}}
	m.Chosen = notification.Chosen{Key: channeltest.WebhookSecret, Options: map[string]string{
		"body":    `{"titles": [{{range $n, $i := .incidents}}{{if $n}},{{end}}{{json $i.title}}{{end}}], "what": "{{range .incidents}}{{range .events}}{{upper .event}}{{end}}{{.runbook_url}}{{end}}"}`,
		"headers": "X-Team: web\n\nX-Room: ops\n",
	}}
	if _, err := send(t, webhook.Config{Secret: "another", Reach: channel.Reach{Private: true}}, m); err != nil {
		t.Fatal(err)
	}
	got := f.Taken()[0]
	if want := `{"titles": ["quote \" and \u003c/script\u003e"], "what": "ESCALATED"}`; string(got.Body) != want {
		t.Errorf("got %s", got.Body)
	}
	if got.Header.Get("X-Team") != "web" || got.Header.Get("X-Room") != "ops" || got.Header.Get("Content-Type") != "application/json" || got.Key != string(m.ID) {
		t.Errorf("headers %v", got.Header)
	}
}

// TestALabelThatAnIncidentLacks is an empty text, when the template is saved and when it is sent: no message is lost by it.
func TestALabelThatAnIncidentLacks(t *testing.T) {
	t.Parallel()
	f := channeltest.NewWebhook(t)
	m := channeltest.Message(f.Address())
	m.Items[0].Labels = nil
	o := map[string]string{"body": `["{{range .incidents}}{{.labels.cluster}}{{if .labels.instance}}!{{end}}{{index .labels "a.b-c"}}{{end}}"]`}
	m.Chosen = notification.Chosen{Key: channeltest.WebhookSecret, Options: o}
	if err := webhook.Descriptor().CheckOptions(o); err != nil {
		t.Error(err)
	}
	if _, err := send(t, webhook.Config{Secret: "another", Reach: channel.Reach{Private: true}}, m); err != nil {
		t.Fatal(err)
	}
	if got := string(f.Taken()[0].Body); got != `[""]` {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsRefusedWhenItIsSaved(t *testing.T) {
	t.Parallel()
	d := webhook.Descriptor()
	for name, o := range map[string]map[string]string{
		"no template": {"body": "{{.text"}, "no such field": {"body": "{{json .txt}}"}, "no such field of an incident": {"body": `[{{range .incidents}}{{json .titel}}{{end}}]`},
		"no JSON": {"body": `{"text": {{.text}}}`}, "a loop of its own": {"body": `{{range 1000000000}}{{end}}1`}, "a loop by a variable": {"body": `{{$n := 1000000000}}{{range $n}}{{end}}1`},
		"a loop by a value": {"body": `{{with 1000000000}}{{range .}}{{end}}{{end}}1`}, "deep": {"body": `{{range .incidents}}{{range .events}}{{range .x}}{{range .y}}{{end}}{{end}}{{end}}{{end}}1`},
		"others": {"body": `{{define "x"}}{{template "x"}}{{end}}{{template "x"}}`}, "calls itself": {"body": `{{template "body" .}}`}, "a method": {"body": `{{.text.String}}`},
		"long": {"body": `"` + strings.Repeat("x", 17<<10) + `"`}, "much": {"body": `"{{range .incidents}}{{printf "%999999s" .service}}{{end}}"`},
		"a header of ours": {"headers": "Idempotency-Key: x"}, "no header": {"headers": "nonsense"}, "two lines in one": {"headers": "A: b\rC: d"},
		"a type": {"content_type": "a\nb"},
	} {
		if err := d.CheckOptions(o); err == nil {
			t.Errorf("%s: %v is taken", name, o)
		}
	}
	for body, want := range map[string]string{
		"\n{{json .txt}}": "body: line 2: there is no .txt; beginning at the top there are .",
		`[{{range .incidents}}{{json .titel}}{{end}}]`: "body: line 1: there is no .titel; beginning at the top there are .",
		"{{.text":          "body: line 1: unclosed action",
		"{{json .text 1}}": "body: line 1: at <json>: wrong number of args",
	} {
		if err := d.CheckOptions(map[string]string{"body": body}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, o := range []map[string]string{nil, {"body": `{{.text}}`, "content_type": "text/plain"}, {"headers": "X-A: b"}, {"body": `{"a": {{json .}}}`}} {
		if text, err := d.Preview(o); err != nil || !strings.Contains(text, "error rate") {
			t.Errorf("%v: %q, %v", o, text, err)
		}
	}
}
