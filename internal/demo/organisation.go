package demo

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed organisation.yaml
var organisation string

// team is who answers, in turns.
type team struct {
	name   string
	people [2]string // email addresses
}

var teams = []team{
	{"shop", [2]string{"ana@example.org", "ben@example.org"}},
	{"payments", [2]string{"chen@example.org", "dana@example.org"}},
	{"platform", [2]string{"emil@example.org", "fay@example.org"}},
}

// admin is whom the visitor is.
const admin = "ana@example.org"

// onCall says who is first and who is second in a week: they take turns.
func (t *team) onCall(week int) (first, second string) {
	return t.people[week%2], t.people[(week+1)%2]
}

// inWeek is what the organisation owns in a week.
func inWeek(week int) string {
	text := organisation
	for _, t := range teams {
		first, second := t.onCall(week)
		for i, who := range []string{first, second} {
			text = strings.ReplaceAll(text, fmt.Sprintf("%s-%d", strings.ToUpper(t.name), i+1), who)
		}
	}
	return text
}
