package bench

import (
	"fmt"
	"strings"
)

// fixture is what people own on a measured server: services bench-000…, each with a policy whose only level
// pages its people by SMS; the policies go round where there are more services.
type fixture struct {
	services  int
	people    int // bench-0000@example.org…, +34600000000…
	perLevel  int // people of one policy; 0: 1
	teams     int // bench-0…; services belong to them in turn; 0: none
	correlate string
	joining   int    // of the first services all alerts join one incident, whatever correlate says
	hold      string // no page before this; "": the default
	limited   bool   // integrations have the product's limits; else there are none
}

// The keys of the integrations, 32 characters as real ones have. The noisy one sends only in the case of fairness.
const (
	integrationKey = "bench0bench1bench2bench3bench4be"
	noisyKey       = "noisy0noisy1noisy2noisy3noisy4no"
)

// adminToken is ROUSE_ADMIN_TOKEN.
const adminToken = "rouse-bench-admin-token-0123456789"

func email(i int) string { return fmt.Sprintf("bench-%04d@example.org", i) }
func phone(i int) string { return fmt.Sprintf("+346%08d", i) }

func (f fixture) yaml() string {
	per := max(f.perLevel, 1)
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	line("users:")
	for i := range f.people {
		line("  - email: %s\n    name: Bench %d\n    role: responder", email(i), i)
		line("    contacts: [{name: phone, kind: sms, to: %q}]", phone(i))
		line("    rules: {high: [{contact: phone}], low: [{contact: phone}]}")
	}
	if f.teams > 0 {
		line("teams:")
		for i := range f.teams {
			line("  - {name: bench-%d, members: [%s]}", i, email(i%f.people))
		}
	}
	line("escalation_policies:")
	policies := f.people / per
	for i := range policies {
		targets := make([]string, per)
		for k := range targets {
			targets[k] = "{user: " + email(i*per+k) + "}"
		}
		line("  - name: bench-%d\n    levels: [{ack_timeout: 15m, targets: [%s]}]", i, strings.Join(targets, ", "))
	}
	line("services:")
	for i := range f.services {
		line("  - name: bench-%03d\n    escalation_policy: bench-%d", i, i%policies)
		if f.teams > 0 {
			line("    team: bench-%d", i%f.teams)
		}
		if f.correlate != "" && i >= f.joining {
			line("    correlate: %s", f.correlate)
		}
		if f.hold != "" {
			line("    rules: {hold: %s}", f.hold)
		}
	}
	line("integrations:\n  - {name: bench, kind: alertmanager, key_env: ROUSE_KEY_BENCH}\n  - {name: noisy, kind: alertmanager, key_env: ROUSE_KEY_NOISY}")
	return b.String()
}
