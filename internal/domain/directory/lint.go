package directory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Flaw is something in what people own because of which a page may reach nobody, and what to do about it.
type Flaw struct {
	Grave bool // pages of some service reach nobody at this moment, or would if nobody answered
	What  string
	Do    string
}

// Lint looks for people, levels and services that a page would not get past, before it matters.
func (s *Snapshot) Lint(now time.Time) []Flaw {
	l := lint{s: s, now: now}
	l.installation()
	l.policies()
	l.people()
	l.services()
	slices.SortStableFunc(l.flaws, func(a, b Flaw) int { return cmp.Or(-compareBool(a.Grave, b.Grave), cmp.Compare(a.What, b.What)) })
	return l.flaws
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

type lint struct {
	s     *Snapshot
	now   time.Time
	flaws []Flaw
}

func (l *lint) add(grave bool, do, format string, args ...any) {
	l.flaws = append(l.flaws, Flaw{grave, fmt.Sprintf(format, args...), do})
}

func (l *lint) means(targets []escalation.Target) int {
	n := 0
	for _, t := range targets {
		n += len(l.s.Resolve(t, l.now))
	}
	return n
}

// installation is what everybody's pages stand on.
func (l *lint) installation() {
	if _, ok := l.s.Policy(l.s.Current[l.s.Settings.DefaultPolicy]); !ok {
		l.add(true, "set settings.default_policy", "there is no default policy: alerts of services without one of their own page nobody but the fallback")
	}
	if l.means(l.s.Fallback()) == 0 {
		l.add(true, "give an admin a contact, or set settings.fallback", "the fallback means nobody who can be reached: where a policy ends without an answer, nobody is told")
	}
	if !slices.ContainsFunc(slices.Collect(maps.Values(l.s.Integrations)), func(i *Integration) bool { return !i.Disabled }) {
		l.add(true, "apply an integration", "there is no integration that is not disabled: nobody can send alerts")
	}
}

// policies are those that are in use: a level without anybody is skipped, a policy without anybody is no policy.
func (l *lint) policies() {
	used := map[id.Policy]bool{l.s.Settings.DefaultPolicy: true}
	for _, svc := range l.s.Services {
		used[svc.Policy] = true
	}
	for pid, ref := range l.s.Current {
		policy, ok := l.s.Policy(ref)
		if !ok {
			continue
		}
		reach := 0
		for i, level := range policy.Levels {
			n := l.means(level.Targets)
			reach += n
			if n == 0 && used[pid] {
				l.add(false, "give its targets contacts, or name others", "level %d of the policy %s means nobody who can be reached: it is skipped", i+1, policy.Name)
			}
		}
		if reach == 0 && used[pid] {
			l.add(true, "give its targets contacts, or name others", "the policy %s reaches nobody at any level", policy.Name)
		}
	}
}

func (l *lint) people() {
	for _, u := range l.s.Users {
		l.troubles(u)
		reach := l.s.Reach(notification.Recipient{Kind: notification.ToUser, ID: string(u.ID)})
		switch {
		case u.Disabled:
			continue
		case reach.Usable():
			if what, do := l.s.Weakness(u); what != "" {
				l.add(false, do, "%s", what)
			}
			continue
		}
		why := "has no contact"
		if len(u.Contacts) > 0 {
			why = "has only contacts that are not verified, that asked for nothing more, or by a channel that this server cannot send by"
		}
		l.add(false, "add a contact", "%s %s: nobody can page them", u.Email, why)
	}
	for _, t := range l.s.Teams {
		if len(t.Members) == 0 {
			l.add(false, "add members", "the team %s has no members", t.Name)
		}
	}
}

// notices are the kinds of contacts whose apps and services give up on a device without a word.
func notices() map[string]string {
	return map[string]string{"push": "Web Push", "ntfy": "ntfy", "gotify": "Gotify", "pushover": "Pushover"}
}

// Weakness says why how a person is reached at high urgency may stop without anybody noticing, and what to do about it;
// "" where it may not. The person may be one that is not saved yet.
func (s *Snapshot) Weakness(u *User) (what, do string) {
	var by []string
	reach := s.reach(u)
	for _, s := range reach.Rules.High {
		i := slices.IndexFunc(reach.Contacts, func(c notification.Contact) bool { return c.ID == s.Contact })
		if i < 0 {
			continue // it leads nowhere
		}
		name, ok := notices()[reach.Contacts[i].Kind]
		if !ok {
			return "", ""
		}
		if !slices.Contains(by, name) {
			by = append(by, name)
		}
	}
	if len(by) == 0 {
		return "", ""
	}
	return u.Email + " is told at high urgency by " + strings.Join(by, " and ") + " alone, which can stop without a word", "add a step by another way to their rules"
}

// troubles are what providers said of a person's contacts.
func (l *lint) troubles(u *User) {
	for _, c := range u.Contacts {
		switch {
		case u.Disabled || c.Trouble == "":
		case c.Stopped:
			l.add(false, c.Again()+", or add another contact", "%s, %s: %s; nothing is sent there", u.Email, c.Name, c.Trouble)
		default:
			l.add(false, "mend it and say so on the person's page, or add another contact", "%s, %s: %s", u.Email, c.Name, c.Trouble)
		}
	}
}

func (l *lint) services() {
	var unclaimed, unowned int
	for _, svc := range l.s.Services {
		switch {
		case svc.Unclaimed:
			unclaimed++
		case svc.Team == "" && svc.Name != Own && svc.Name != Unsorted:
			unowned++
		}
		if _, ok := l.s.Current[svc.Policy]; svc.Policy != "" && !ok {
			l.add(false, "name one that exists", "the policy of the service %s is gone: the default policy pages for it", svc.Name)
		}
	}
	if unclaimed > 0 {
		l.add(false, "apply them with a team and a policy", "services that alerts have created and nobody has claimed: %d; the default policy pages for them", unclaimed)
	}
	if unowned > 0 {
		l.add(false, "name the team of each", "services without an owner: %d", unowned)
	}
}
