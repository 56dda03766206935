package opsgenie

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

const create = `{"message":"disk is full","alias":"disk","description":"of db-1\nsince noon","tags":["a","b",3],"details":{"service":"db","severity":"critical"},
 "entity":"db-1","source":"http://am","priority":"P1","note":"look","responders":[{"name":"ops","type":"team"}],"actions":["x"]}`

func TestCreate(t *testing.T) {
	t.Parallel()
	s, note, wrong := Create([]byte(create))
	want := alert.Signal{Fingerprint: "disk", Firing: true,
		Labels:      map[string]string{"service": "db", "severity": "P1", "entity": "db-1", "source": "http://am", "alertname": "disk is full"},
		Annotations: map[string]string{"summary": "disk is full", "description": "of db-1\nsince noon", "tags": "a, b, 3"},
	}
	if d := cmp.Diff(want, s, cmpopts.EquateComparable(alert.Severity{})); d != "" || note != "look" || wrong != nil {
		t.Errorf("note %q, wrong %v, -want +got:\n%s", note, wrong, d)
	}
	for body, severity := range map[string]string{
		`{"message":"m"}`: "P3", `{"message":"m","details":{"severity":"critical"}}`: "critical", `{"message":"m","priority":"p2"}`: "P2",
	} {
		if s, _, _ := Create([]byte(body)); s.Labels["severity"] != severity || len(s.Fingerprint) < 20 {
			t.Errorf("%s: %+v", body, s)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		`{}`: "message", `{"message":" "}`: "message", `[]`: "body", `{`: "body", strings.Repeat(`{"a":`, 40): "body",
		`{"message":"m","priority":"P9"}`: "priority", `{"message":"m","alias":"` + strings.Repeat("x", 513) + `"}`: "alias",
	} {
		if _, _, wrong := Create([]byte(body)); wrong[field] == "" {
			t.Errorf("%.60s: %v, want something about %s", body, wrong, field)
		}
	}
	if a, wrong := ReadAction(nil); wrong != nil || a != (Action{}) {
		t.Errorf("no body: %v %v", a, wrong)
	}
	if _, wrong := ReadAction([]byte(`7`)); wrong == nil {
		t.Error("a number is an action")
	}
}

func FuzzCreate(f *testing.F) {
	for _, seed := range []string{create, `{"message":1,"tags":{},"details":[]}`, "{\"message\":\"\xff\",\"alias\":\"\\u0000\"}"} {
		f.Add([]byte(seed))
	}
	m := alert.DefaultMapping()
	f.Fuzz(func(t *testing.T, body []byte) {
		s, _, wrong := Create(body)
		if wrong != nil {
			return
		}
		if s = m.Apply(s); s.Fingerprint == "" || len(s.Fingerprint) > alert.MaxFingerprint || s.Title == "" {
			t.Fatalf("%+v", s)
		}
		_, _ = ReadAction(body)
	})
}
