package webhook

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

const (
	zabbix = `{"event":{"id":"42","value":"1","name":"disk is full","severity":"High"},"host":{"name":"db-1"},"tags":["db","prod"]}`
	one    = `{status: body.event.value == "1" ? "firing" : "resolved", fingerprint: "zabbix-" + body.event.id, labels: {alertname: body.event.name, service: body.host.name, severity: body.event.severity}}`
)

func TestDecode(t *testing.T) {
	t.Parallel()
	b, err := Decode(one, []byte(zabbix), ingest.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	want := []alert.Signal{{Fingerprint: "zabbix-42", Firing: true, Labels: map[string]string{"alertname": "disk is full", "service": "db-1", "severity": "High"}, Annotations: map[string]string{}}}
	if d := cmp.Diff(want, b.Signals, cmpopts.EquateComparable(alert.Severity{})); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	list := `map(filter(body.alerts, .state != "pending"), {{status: .state, labels: .labels}})`
	b, err = Decode(list, []byte(`{"alerts":[{"state":"firing","labels":{"a":1}},{"state":"pending"},{"state":"odd","labels":{"a":"b"}}]}`), ingest.DefaultLimits())
	if err != nil || len(b.Signals) != 1 || b.Signals[0].Labels["a"] != "1" || len(b.Bad) != 1 || b.BadAt[0] != 1 {
		t.Errorf("%+v, %v", b, err)
	}
	if b, err := Decode(`[]`, []byte(`{}`), ingest.DefaultLimits()); err != nil || len(b.Signals)+len(b.Bad) != 0 {
		t.Errorf("nothing: %+v, %v", b, err)
	}
}

func TestWhatAnExpressionMayNot(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1_000_000)
	many := `{"n":[` + strings.TrimSuffix(strings.Repeat("1,", 9000), ",") + `]}`
	for name, c := range map[string]struct{ text, body, words string }{
		"nothing":              {``, `{}`, "no transform"},
		"no JSON":              {`body`, `{`, "not JSON"},
		"too deep":             {`body`, strings.Repeat("[", 50), "nests deeper"},
		"a wrong name":         {`bdy.x`, `{}`, "unknown name bdy"},
		"what is not there":    {`body.a.b.c`, `{}`, "failed"},
		"loops in loops":       {`all(body.n, all(body.n, all(body.n, # > 0)))`, many, "too long"},
		"a text that doubles":  {`body.t + body.t`, `{"t":"` + strings.Repeat("x", 600_000) + `"}`, "too long a text"},
		"many values":          {`1..2000000`, `{}`, "memory budget"},
		"endless expression":   {"1" + strings.Repeat("+1", 3000), `{}`, "exceeds maximum allowed nodes"},
		"what cannot be JSON":  {`step`, `{}`, "failed"},
		"one text many times":  {`map(1..100, {{labels: {a: "b"}, annotations: {of: body.t}}})`, `{"t":"` + long + `"}`, "too much"},
		"one list many times":  {`map(1..500, {{labels: body}})`, many, "too much"},
		"many names":           {`map(1..100, {{labels: body}})`, `{"` + long + `":1}`, "too much"},
		"a list of texts":      {`map(1..100, split(body.t, ","))`, `{"t":"` + long + `"}`, "too much"},
		"as many alerts again": {`1..10001`, `{}`, "more than 10000"},
	} {
		began := time.Now()
		_, err := Decode(c.text, []byte(c.body), ingest.DefaultLimits())
		if f := fault.Of(err); err == nil || f.Kind != fault.KindInvalid || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v, want something about %s", name, err, c.words)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range [][2]string{{one, zabbix}, {`body.alerts`, `{"alerts":[{}]}`}, {`map(body, {labels: #})`, `[{"a":"\u0000"}]`}, {`{"status": "firing", labels: {"": body}}`, `{}`}} {
		f.Add(seed[0], []byte(seed[1]))
	}
	m := alert.DefaultMapping()
	f.Fuzz(func(t *testing.T, text string, body []byte) {
		b, err := Decode(text, body, ingest.DefaultLimits())
		if err != nil {
			if fault.Of(err).Kind != fault.KindInvalid {
				t.Fatal(err)
			}
			return
		}
		for _, s := range b.Signals {
			if s = m.Apply(s); s.Fingerprint == "" {
				t.Fatalf("%+v", s)
			}
		}
	})
}
