package binary

import (
	"fmt"
	"strings"
)

// Owned is a service, and where each level of its policy reaches its one person: a phone's number, or an address of mail.
type Owned struct {
	Service string
	To      []string
}

// People is a people.yaml. No two services share a policy or a person, so that every page is a message of its own. A
// level has 2 s to answer, the last one an hour. What belongs to no service goes by the policy of one of them. The key
// of the only integration is in the variable keyEnv.
func People(keyEnv, fallback string, owned ...Owned) string {
	var users, policies, services strings.Builder
	for _, o := range owned {
		var levels []string
		for i, to := range o.To {
			kind, timeout := "sms", "2s"
			if strings.Contains(to, "@") {
				kind = "email"
			}
			if i == len(o.To)-1 {
				timeout = "1h"
			}
			user := fmt.Sprintf("%s-%d@people.example.org", o.Service, i)
			fmt.Fprintf(&users, "  - {email: %s, contacts: [{name: c, kind: %s, to: %q}], rules: {high: [{contact: c}]}}\n", user, kind, to)
			levels = append(levels, fmt.Sprintf("{ack_timeout: %s, targets: [{user: %s}]}", timeout, user))
		}
		fmt.Fprintf(&policies, "  - {name: %s, levels: [%s]}\n", o.Service, strings.Join(levels, ", "))
		fmt.Fprintf(&services, "  - {name: %[1]s, escalation_policy: %[1]s, correlate: service}\n", o.Service)
	}
	return "settings: {default_policy: " + fallback + "}\nusers:\n" + users.String() + "escalation_policies:\n" + policies.String() +
		"services:\n" + services.String() + "integrations:\n  - {name: main, kind: alertmanager, key_env: " + keyEnv + "}\n"
}
