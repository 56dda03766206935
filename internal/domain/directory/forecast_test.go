package directory_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// forecastPeople: ana (mail at once, SMS after 2 min; by day at low urgency), ben (mail), nobody can reach carl.
func forecastPeople(repeat int, levels ...escalation.Level) *directory.Snapshot {
	contact := func(id2, kind string) notification.Contact {
		return notification.Contact{ID: id.Contact(id2), Name: kind, Kind: kind, To: id2, Verified: true}
	}
	day := &notification.Hours{From: 8 * 60, To: 20 * 60}
	users := []directory.User{
		{ID: "ana", Name: "Ana", TimeZone: "Europe/Madrid", Contacts: []notification.Contact{contact("ana-mail", "email"), contact("ana-sms", "sms")}, Rules: notification.Rules{
			High: []notification.Step{{Contact: "ana-mail"}, {After: 2 * time.Minute, Contact: "ana-sms"}},
			Low:  []notification.Step{{Contact: "ana-mail", Hours: day}},
		}},
		{ID: "ben", Name: "Ben", Contacts: []notification.Contact{contact("ben-mail", "email")}, Rules: notification.Rules{High: []notification.Step{{Contact: "ben-mail"}}, Low: []notification.Step{{Contact: "ben-mail"}}}},
		{ID: "carl", Name: "Carl"},
		{ID: "boss", Name: "Boss", Role: directory.Admin, Contacts: []notification.Contact{contact("boss-sms", "sms")}, Rules: notification.Rules{High: []notification.Step{{Contact: "boss-sms"}}, Low: []notification.Step{{Contact: "boss-sms"}}}},
	}
	policy := escalation.Policy{Ref: escalation.Ref{ID: "p", Version: 1}, Name: "web", Levels: levels, Repeat: repeat}
	return directory.NewSnapshot(1, directory.Settings{DefaultPolicy: "p"}, directory.Edit{Users: users, Policies: []escalation.Policy{policy}}, nil)
}

func stage(minutes int, users ...string) escalation.Level {
	l := escalation.Level{AckTimeout: time.Duration(minutes) * time.Minute}
	for _, u := range users {
		l.Targets = append(l.Targets, escalation.Target{Kind: escalation.TargetUser, ID: u})
	}
	return l
}

func TestForesee(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		repeat int
		levels []escalation.Level
		sev    alert.Severity
		want   string
	}{
		"levels one after the other, then once more, then the fallback": {1, []escalation.Level{stage(15, "ana"), stage(10, "ben")}, alert.Critical(), `
			0s Ana email level 1 walk 1
			2m0s Ana sms level 1 walk 1
			15m0s Ben email level 2 walk 1
			25m0s Ana email level 1 walk 2
			27m0s Ana sms level 1 walk 2
			40m0s Ben email level 2 walk 2
			50m0s Boss sms level 0 walk 2
			exhausted 50m0s`},
		"a later level does not wait for the steps of an earlier one": {0, []escalation.Level{stage(1, "ana"), stage(10, "ben")}, alert.Critical(), `
			0s Ana email level 1 walk 1
			1m0s Ben email level 2 walk 1
			2m0s Ana sms level 1 walk 1
			11m0s Boss sms level 0 walk 1
			exhausted 11m0s`},
		"a level that means nobody is skipped at once": {0, []escalation.Level{stage(15, "carl"), stage(10, "ben")}, alert.Critical(), `
			missed 0s Level 1 of web means nobody who can be reached: skipped
			0s Ben email level 2 walk 1
			10m0s Boss sms level 0 walk 1
			exhausted 10m0s`},
		"a policy that reaches nobody ends at once, whatever it repeats": {5, []escalation.Level{stage(15, "carl")}, alert.Critical(), `
			missed 0s Level 1 of web means nobody who can be reached: skipped
			0s Boss sms level 0 walk 1
			exhausted 0s`},
		"a warning is held for 2 min, and Ana's own hours for the day": {0, []escalation.Level{stage(15, "ana"), stage(15, "ben")}, alert.Warning(), `
			17m0s Ben email level 2 walk 1
			32m0s Boss sms level 0 walk 1
			5h0m0s Ana email level 1 walk 1 waits
			exhausted 32m0s`},
		"info pages nobody": {0, []escalation.Level{stage(15, "ana")}, alert.Info(), ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) // 03:00 in Madrid
			f, err := incident.Foresee("", c.sev, at, incident.Rules{}.WithDefaults(), forecastPeople(c.repeat, c.levels...))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range f.Missed {
				got = append(got, fmt.Sprintf("missed %s %s", m.At.Sub(at), m.Text))
			}
			for _, x := range f.Calls {
				line := fmt.Sprintf("%s %s %s level %d walk %d", x.At.Sub(at), x.Name, x.Kind, x.Level, x.Walk)
				if x.Waits {
					line += " waits"
				}
				got = append(got, line)
			}
			if !f.ExhaustedAt.IsZero() {
				got = append(got, "exhausted "+f.ExhaustedAt.Sub(at).String())
			}
			var want []string
			for line := range strings.Lines(c.want) {
				if line = strings.TrimSpace(line); line != "" {
					want = append(want, line)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
