package pagerduty

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

const trigger = `{"routing_key":"R","event_action":"trigger","dedup_key":"disk","payload":{"summary":"disk is full","source":"db-1","severity":"urgent","component":"db",
 "class":"DiskFull","timestamp":"2026-03-01T12:00:00Z","custom_details":{"env":"prod","num_firing":1,"firing":"Labels:\n - a = b","list":["x"],"nothing":null}},"client":"Alertmanager","client_url":"https://am.example.org/"}`

func TestDecode(t *testing.T) {
	t.Parallel()
	e, errors := Decode([]byte(trigger), "")
	if errors != nil {
		t.Fatal(errors)
	}
	want := Event{RoutingKey: "R", Action: Trigger, DedupKey: "disk", Signal: alert.Signal{
		Fingerprint: "disk", Firing: true, GeneratorURL: "https://am.example.org/",
		Labels: map[string]string{"source": "db-1", "component": "db", "class": "DiskFull", "severity": "urgent", "client": "Alertmanager", "env": "prod",
			"num_firing": "1", "service": "db", "alertname": "DiskFull"},
		Annotations: map[string]string{"summary": "disk is full", "timestamp": "2026-03-01T12:00:00Z", "firing": "Labels:\n - a = b", "list": `["x"]`},
	}}
	if d := cmp.Diff(want, e, cmpopts.EquateComparable(alert.Severity{})); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	made, _ := Decode([]byte(`{"event_action":"trigger","payload":{"summary":"s"}}`), "in the address")
	if made.RoutingKey != "in the address" || len(made.DedupKey) < 20 || made.Signal.Labels["alertname"] != "s" {
		t.Errorf("%+v", made)
	}
	long := strings.Repeat("é", 255)
	if e, errors := Decode([]byte(`{"routing_key":"R","event_action":"resolve","dedup_key":"`+long+`"}`), ""); e.DedupKey != long {
		t.Errorf("%+v %v", e, errors)
	}
	over, errors := Decode([]byte(`{"routing_key":"R","event_action":"resolve","dedup_key":"disk"}`), "")
	if errors != nil || over.Signal.Firing || over.Signal.Fingerprint != "disk" {
		t.Errorf("%+v %v", over, errors)
	}
}

func TestRefusedEvents(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{`:                          "not a JSON object",
		`[]`:                         "not a JSON object",
		strings.Repeat(`{"a":`, 40):  "nests deeper",
		`{"event_action":"trigger"}`: "'routing_key'",
		`{"routing_key":"R","event_action":"trigger"}`:                                                "'payload.summary'",
		`{"routing_key":"R","event_action":"trigger","payload":7}`:                                    "'payload.summary'",
		`{"routing_key":"R","event_action":"resolve"}`:                                                "'dedup_key'",
		`{"routing_key":"R","event_action":"fire","dedup_key":"d"}`:                                   "'event_action'",
		`{"routing_key":"R","event_action":"resolve","dedup_key":"` + strings.Repeat("x", 256) + `"}`: "longer than 255",
	} {
		if _, errors := Decode([]byte(body), ""); len(errors) == 0 || !strings.Contains(errors[0], want) {
			t.Errorf("%.60s: %q, want %s", body, errors, want)
		}
	}
	if _, errors := DecodeChange([]byte(`{"routing_key":"R","payload":{}}`), ""); len(errors) != 1 {
		t.Error(errors)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{trigger, `{"routing_key":1,"event_action":"resolve","dedup_key":{}}`, `{"routing_key":"R","event_action":"trigger","payload":{"summary":"\u0000","custom_details":"text"}}`} {
		f.Add([]byte(seed))
	}
	m := alert.DefaultMapping()
	f.Fuzz(func(t *testing.T, body []byte) {
		e, errors := Decode(body, "")
		if (errors == nil) == (e.Action == "") {
			t.Fatalf("%+v %v", e, errors)
		}
		if errors == nil {
			if s := m.Apply(e.Signal); s.Fingerprint == "" || utf8.RuneCountInString(e.DedupKey) > maxDedupKey {
				t.Fatalf("%+v", e)
			}
		}
		if c, errors := DecodeChange(body, ""); errors == nil && c.Summary == "" {
			t.Fatalf("%+v", c)
		}
	})
}
