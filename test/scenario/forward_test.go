package scenario

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Two servers: what the first forwards, the second takes in as another Rouse's alerts, and as a client of Opsgenie's.
func TestIncidentsAreForwardedToAnotherRouse(t *testing.T) {
	t.Parallel()
	there := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "there.db"), twoPeople)
	yaml := twoPeople + `
channels:
  - {name: there, kind: rouse, to: THERE, key_env: KEY_MAIN}
  - {name: as-opsgenie, kind: opsgenie, to: THERE, key_env: KEY_MAIN}
services:
  - {name: web, channels: [there]}
  - {name: db, channels: [as-opsgenie]}
`
	here := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "here.db"), strings.ReplaceAll(yaml, "THERE", there.server.URL))
	for i, service := range []string{"web", "db"} {
		n := int64(i + 1)
		here.fire("Down", "service="+service)
		here.forward(time.Minute)
		there.settle()
		there.is(n, "open")
		if got := there.incident(n); got.Service != service || got.Severity != here.incident(n).Severity {
			t.Errorf("there it is %+v", got)
		}
		here.ack(ana, n)
		here.forward(time.Minute)
		there.settle()
		there.is(n, map[string]string{"web": "open", "db": "acknowledged"}[service]) // an alert cannot say that somebody has it
		here.resolve("Down", "service="+service)
		here.forward(time.Minute)
		there.settle()
		there.is(n, "resolved")
	}
}

// What comes back of what was forwarded pages nobody for their own incident, and somebody is told.
func TestWhatComesBackIsNoAlert(t *testing.T) {
	t.Parallel()
	here := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "here.db"), twoPeople)
	yaml := twoPeople + `
channels:
  - {name: itself, kind: rouse, to: HERE, key_env: KEY_MAIN}
services:
  - {name: web, channels: [itself]}
`
	here.must(here.apply(strings.ReplaceAll(yaml, "HERE", here.server.URL)), http.StatusOK)
	here.fire("Down", "service=web")
	here.forward(time.Minute)
	var in struct {
		Quarantined []struct{ Reason string }
	}
	here.get("/api/v1/quarantine", &in)
	if len(in.Quarantined) != 1 || !strings.Contains(in.Quarantined[0].Reason, "it came back") {
		t.Errorf("in quarantine are %+v", in.Quarantined)
	}
	for _, i := range here.incidents("service=web") {
		if i.Number != 1 {
			t.Errorf("it opened another incident: %+v", i)
		}
	}
}
