package email

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest/webhook"
)

func TestWhatASubjectSays(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string][3]string{
		"Disk is full on db-1":                              {"Disk is full on db-1", "firing", ""},
		"Re: Fwd: AW: Disk is full on db-1":                 {"Disk is full on db-1", "firing", ""},
		"RE[2]: [RESOLVED] Disk is full on db-1":            {"Disk is full on db-1", "resolved", ""},
		"RESOLVED: Disk is full on db-1":                    {"Disk is full on db-1", "resolved", ""},
		"[FIRING:3] Disk is full on db-1":                   {"Disk is full on db-1", "firing", ""},
		"Resolved in 2m 10s: Disk is full on db-1":          {"Disk is full on db-1", "resolved", ""},
		"OK - Disk is full on db-1":                         {"Disk is full on db-1", "resolved", ""},
		`ALARM: "cpu" in EU (Ireland)`:                      {`"cpu" in EU (Ireland)`, "firing", ""},
		`OK: "cpu" in EU (Ireland)`:                         {`"cpu" in EU (Ireland)`, "resolved", ""},
		"CRITICAL: db is away":                              {"db is away", "firing", "critical"},
		"WARNING: db is slow":                               {"db is slow", "firing", "warning"},
		"[RECOVERED] [warn] db is slow":                     {"db is slow", "resolved", "warn"},
		"db is away (critical)":                             {"db is away (critical)", "firing", "critical"},
		"More info on the backup that failed, and warnings": {"More info on the backup that failed, and warnings", "firing", ""},
		"OK to delete the old backups?":                     {"OK to delete the old backups?", "firing", ""},
		"Uptime: 3 days":                                    {"Uptime: 3 days", "firing", ""},
		"RESOLVED:":                                         {"RESOLVED:", "resolved", ""},
		"":                                                  {"", "firing", ""},
		"Störung: 回線":                                       {"Störung: 回線", "firing", ""},
	} {
		thread, status, severity := read(subject)
		if got := [3]string{thread, status, severity}; got != want {
			t.Errorf("%q: %q, want %q", subject, got, want)
		}
	}
}

func TestAMailWithoutAnExpression(t *testing.T) {
	t.Parallel()
	raw := Body(Mail{ID: "1@x", From: "mon@example.org", Subject: "Re: CRITICAL: db is away", Text: "since noon", Date: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}, "disks")
	b, err := webhook.Decode(Transform, raw, ingest.DefaultLimits())
	if err != nil || len(b.Signals) != 1 {
		t.Fatalf("%+v, %v", b, err)
	}
	s := b.Signals[0]
	if !s.Firing || s.Fingerprint != "db is away" || s.Labels["service"] != "disks" || s.Labels["severity"] != "critical" || s.Annotations["description"] != "since noon" || s.Annotations["summary"] != "Re: CRITICAL: db is away" {
		t.Errorf("%+v", s)
	}
	if b, err := webhook.Decode(Transform, Body(Mail{Subject: "RESOLVED: db is away"}, "disks"), ingest.DefaultLimits()); err != nil || len(b.Signals) != 1 || !b.Signals[0].Firing || b.Signals[0].Fingerprint != s.Fingerprint {
		t.Errorf("a word closes what nobody said that it may: %+v, %v", b, err)
	}
}

func FuzzBody(f *testing.F) {
	f.Add("Re: [RESOLVED:2] x", "text")
	f.Add("[critical]\x00\xff: \u202e", strings.Repeat("é", maxText))
	f.Fuzz(func(t *testing.T, subject, text string) {
		raw := Body(Mail{Subject: subject, Text: text}, "i")
		var back body
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		if back.Thread == "" || len(back.Text) > 4*maxText || back.Status != "firing" && back.Status != "resolved" {
			t.Errorf("%+v", back)
		}
		if b, err := webhook.Decode(Transform, raw, ingest.DefaultLimits()); err != nil || len(b.Signals) != 1 {
			t.Errorf("%+v, %v", b, err)
		}
	})
}
