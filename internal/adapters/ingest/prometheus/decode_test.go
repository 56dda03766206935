package prometheus

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

const sent = `[
 {"labels":{"alertname":"DiskFull","service":"db","empty":""},"annotations":{"summary":"full"},"startsAt":"2026-03-01T11:50:00.123Z","endsAt":"2026-03-01T12:04:00Z","generatorURL":"http://prom-1:9090/graph?g0.expr=up"},
 {"labels":{"alertname":"Over"},"startsAt":"2026-03-01T11:00:00Z","endsAt":"2026-03-01T11:59:00Z","generatorURL":"http://prom-1:9090/graph"},
 {"labels":{"alertname":"NoEnd","n":3}},
 {"labels":{"alertname":"Long"},"endsAt":"2026-03-01T15:00:00Z"},
 {"labels":{"empty":""}}, 7, {"labels":[]},
 {"labels":{"alertname":"Backwards"},"startsAt":"2026-03-01T12:00:00Z","endsAt":"2026-03-01T11:00:00Z"}
]`

func TestDecode(t *testing.T) {
	t.Parallel()
	b, err := Decode([]byte(sent), now, ingest.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	const link = "http://prom-1:9090/graph"
	want := []alert.Signal{
		{Firing: true, StartsAt: time.Date(2026, 3, 1, 11, 50, 0, 123e6, time.UTC), Labels: map[string]string{"alertname": "DiskFull", "service": "db"},
			Annotations: map[string]string{"summary": "full"}, GeneratorURL: link + "?g0.expr=up", Lease: 20 * time.Minute, Sender: "prom-1:9090"},
		{StartsAt: time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC), EndsAt: time.Date(2026, 3, 1, 11, 59, 0, 0, time.UTC), Labels: map[string]string{"alertname": "Over"},
			Annotations: map[string]string{}, GeneratorURL: link, Lease: 20 * time.Minute, Sender: "prom-1:9090"},
		{Firing: true, Labels: map[string]string{"alertname": "NoEnd", "n": "3"}, Annotations: map[string]string{}, Lease: 20 * time.Minute},
		{Firing: true, Labels: map[string]string{"alertname": "Long"}, Annotations: map[string]string{}, Lease: time.Hour},
	}
	for i := range want {
		want[i].Fingerprint = ingest.Fingerprint(want[i].Labels)
	}
	if d := cmp.Diff(want, b.Signals, cmpopts.EquateComparable(alert.Severity{})); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	var reasons []string
	for _, bad := range b.Bad {
		reasons = append(reasons, bad.Reason)
	}
	if d := cmp.Diff([]string{"it has no labels", "it is a number, not an object", "its labels cannot be read: they are a list, not an object", "it ends before it starts"}, reasons); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int{4, 5, 6, 7}, b.BadAt); d != "" {
		t.Error(d)
	}
}

func TestRefusedBodies(t *testing.T) {
	t.Parallel()
	for body, code := range map[string]string{
		`{"alerts":[]}`: "alerts.missing", `null`: "alerts.missing", `[{`: "alerts.not_json", strings.Repeat("[", 40): "alerts.too_deep",
		"[" + strings.Repeat("1,", 10_000) + "1]": "alerts.too_many",
	} {
		if _, err := Decode([]byte(body), now, ingest.DefaultLimits()); fault.Of(err).Code != code {
			t.Errorf("%.40s: %v, want %s", body, err, code)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{sent, `[]`, `[{"labels":{"a":"\u0000\ud800"},"generatorURL":"http://[::1"}]`, "[{\"labels\":{\"\xff\":\"\xff\"},\"generatorURL\":\"//\xff/\"}]", `[{"labels":{"a":{}}},{"endsAt":1}]`} {
		f.Add([]byte(seed))
	}
	m := alert.DefaultMapping()
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := Decode(body, now, ingest.DefaultLimits())
		if err != nil {
			if fault.Of(err).Kind != fault.KindInvalid {
				t.Fatal(err)
			}
			return
		}
		var list []json.RawMessage
		if json.Unmarshal(body, &list) != nil || len(list) != len(b.Signals)+len(b.Bad) || len(b.Bad) != len(b.BadAt) {
			t.Fatalf("%d alerts became %d and %d", len(list), len(b.Signals), len(b.Bad))
		}
		for _, s := range b.Signals {
			if s.Lease < 20*time.Minute || s.Lease > time.Hour || !utf8.ValidString(s.Sender) || strings.Contains(s.Sender, "\x00") {
				t.Fatalf("%+v", s)
			}
			if s = m.Apply(s); s.Fingerprint == "" {
				t.Fatalf("%+v", s)
			}
		}
	})
}
