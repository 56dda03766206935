package notification_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// plan says when which contact is used: "sms+0s call+2m0s".
func plan(p notification.Page, ds []notification.Delivery) string {
	var out []string
	for _, d := range ds {
		out = append(out, fmt.Sprintf("%s+%s", strings.TrimPrefix(string(d.Lane), "contact:"), d.DueAt.Sub(p.At)))
	}
	return strings.Join(out, " ")
}

func TestExpand(t *testing.T) {
	t.Parallel()
	has := func(ids ...id.Contact) []notification.Contact {
		var out []notification.Contact
		for _, c := range ids {
			out = append(out, notification.Contact{ID: c, Kind: string(c)})
		}
		return out
	}
	rules := notification.Rules{
		High: []notification.Step{{Contact: "sms"}, {After: 2 * time.Minute, Contact: "call"}, {After: 4 * time.Minute, Contact: "call"}},
		Low:  []notification.Step{{Contact: "mail"}},
	}
	for name, c := range map[string]struct {
		urgency  alert.Urgency
		contacts []notification.Contact
		rules    notification.Rules
		want     string
	}{
		"high: step after step":                      {alert.High(), has("sms", "call", "mail"), rules, "sms+0s call+2m0s call+4m0s"},
		"low: other steps":                           {alert.Low(), has("sms", "call", "mail"), rules, "mail+0s"},
		"a step whose contact is gone is left out":   {alert.High(), has("sms", "mail"), rules, "sms+0s"},
		"no step left: every contact, at once":       {alert.High(), has("mail", "push"), rules, "mail+0s push+0s"},
		"no rule for the urgency: every contact":     {alert.Low(), has("sms", "call"), notification.Rules{High: rules.High}, "sms+0s call+0s"},
		"nobody to reach: nothing, and it is not so": {alert.High(), nil, rules, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := notification.Page{Urgency: c.urgency, At: time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)}
			p.Recipient = notification.Recipient{Kind: notification.ToUser, ID: "ana"}
			r := notification.Reach{Contacts: c.contacts, Rules: c.rules}
			if got := plan(p, notification.Expand(p, r, time.Minute)); got != c.want {
				t.Fatalf("%q, want %q", got, c.want)
			}
			if r.Usable() != (c.want != "") {
				t.Fatalf("usable: %t", r.Usable())
			}
		})
	}
}

func TestExpandCarriesThePage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
	p := notification.Page{
		PageKey: notification.PageKey{Incident: 7, Round: 2, Pass: 3, Level: 1, Recipient: notification.Recipient{Kind: notification.ToUser, ID: "ana"}},
		Purpose: notification.PurposePage, Urgency: alert.High(), Severity: alert.Critical(), At: at,
	}
	expiries := func(kind string) time.Duration { return map[string]time.Duration{"mail": 4 * time.Hour}[kind] }
	r := notification.Reach{
		Contacts: []notification.Contact{{ID: "a", Kind: "sms"}, {ID: "b", Kind: "mail"}}, Expiry: expiries,
		Rules: notification.Rules{High: []notification.Step{{Contact: "a"}, {After: time.Minute, Contact: "b"}}},
	}
	ds := notification.Expand(p, r, 15*time.Minute)
	if len(ds) != 2 {
		t.Fatalf("%d deliveries", len(ds))
	}
	sms, mail := ds[0], ds[1]
	if sms.Page != p.PageKey || sms.Severity != p.Severity || sms.Purpose != p.Purpose || sms.Status != notification.Waiting || sms.Step != 0 || mail.Step != 1 {
		t.Fatalf("deliveries %+v", ds)
	}
	if got := sms.ExpiresAt.Sub(at); got != 15*time.Minute {
		t.Fatalf("an SMS lives %s: it has no expiry but the level's timeout", got)
	}
	if got := mail.ExpiresAt.Sub(mail.DueAt); got != 4*time.Hour {
		t.Fatalf("a mail lives %s from its step", got)
	}
}

func TestExpandForAChannel(t *testing.T) {
	t.Parallel()
	p := notification.Page{At: time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)}
	p.Recipient = notification.Recipient{Kind: notification.ToChannel, ID: "ops"}
	ds := notification.Expand(p, notification.Reach{Channel: "slack"}, time.Minute)
	if len(ds) != 1 || ds[0].Lane != notification.ChannelLane("ops") || ds[0].Kind != "slack" || !ds[0].DueAt.Equal(p.At) {
		t.Fatalf("deliveries %+v", ds)
	}
}

func TestOwnHours(t *testing.T) {
	t.Parallel()
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Skip("no time zones here")
	}
	utc := func(d, h, m int) time.Time { return time.Date(2026, 3, d, h, m, 0, 0, time.UTC) }
	hours := notification.Hours{From: 8 * 60, To: 20 * 60}
	for name, c := range map[string]struct {
		at    time.Time
		zone  *time.Location
		want  time.Time
		waits bool
	}{
		"by day: now":                             {utc(2, 12, 0), madrid, utc(2, 12, 0), false},
		"at the first minute: now":                {utc(2, 7, 0), madrid, utc(2, 7, 0), false},
		"a minute before: then":                   {utc(2, 6, 59), madrid, utc(2, 7, 0), true},
		"at the end: tomorrow":                    {utc(2, 19, 0), madrid, utc(3, 7, 0), true},
		"the last minute: now":                    {utc(2, 18, 59), madrid, utc(2, 18, 59), false},
		"past midnight: the same morning":         {utc(3, 1, 0), madrid, utc(3, 7, 0), true},
		"the last of a month: the first":          {utc(31, 23, 0), time.UTC, time.Date(2026, 4, 1, 8, 0, 0, 0, time.UTC), true},
		"over a change of clocks: by their clock": {utc(28, 22, 0), madrid, utc(29, 6, 0), true},
		"no zone is UTC":                          {utc(2, 7, 30), nil, utc(2, 8, 0), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if at, waits := hours.Next(c.at, c.zone); !at.Equal(c.want) || waits != c.waits {
				t.Fatalf("%s (waits: %t), want %s", at, waits, c.want)
			}
		})
	}
	t.Run("after a step's own delay", func(t *testing.T) {
		t.Parallel()
		p := notification.Page{At: utc(2, 18, 58)}
		p.Recipient.Kind = notification.ToUser
		r := notification.Reach{Zone: madrid, Contacts: []notification.Contact{{ID: "a", Kind: "mail"}}, Rules: notification.Rules{
			Low: []notification.Step{{Contact: "a", Hours: &hours}, {After: 5 * time.Minute, Contact: "a", Hours: &hours}},
		}}
		ds := notification.Expand(p, r, time.Minute)
		if ds[0].OwnHours || !ds[0].DueAt.Equal(p.At) || !ds[1].OwnHours || !ds[1].DueAt.Equal(utc(3, 7, 0)) || !ds[1].ExpiresAt.Equal(utc(3, 7, 1)) {
			t.Fatalf("deliveries %+v", ds)
		}
	})
}
