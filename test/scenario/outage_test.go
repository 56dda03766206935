package scenario

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

// team are people with phone and mail; each has a policy of their own, whose second level is the next one.
func team(n int) string {
	var users, policies, services strings.Builder
	for i := range n {
		fmt.Fprintf(&users, "  - {email: p%[1]d@example.org, name: P%[1]d, role: %[2]s, contacts: [{name: phone, kind: sms, to: \"+3460000%04[1]d\"}, {name: mail, kind: email, to: p%[1]d@example.org}],\n     rules: {high: [{contact: phone}, {contact: mail}], low: [{contact: mail}]}}\n",
			i, map[bool]string{true: "admin", false: "responder"}[i == 0])
		fmt.Fprintf(&policies, "  - {name: q%[1]d, repeat: 1, levels: [{ack_timeout: 15m, targets: [{user: p%[1]d@example.org}]}, {ack_timeout: 15m, targets: [{user: p%[2]d@example.org}]}]}\n", i, (i+1)%n)
	}
	return "settings: {default_policy: q0}\nusers:\n" + users.String() + "escalation_policies:\n" + policies.String() + services.String() +
		"integrations:\n  - {name: main, kind: alertmanager, key_env: KEY_MAIN}\n"
}

// servicesOf gives each of n services one of the team's policies.
func servicesOf(n, people int) string {
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {name: s%d, escalation_policy: q%d}\n", i, i%people)
	}
	return b.String()
}

// sent is a message as it stands in the database.
type sent struct {
	to      string
	claimed time.Time // from when a minute must go by: what a provider takes longer for, it sees sooner after
	at      time.Time
	expires time.Time
	digest  bool
	items   []struct {
		Incident int64  `json:"incident"`
		Severity string `json:"severity"`
	}
}

// sentSince are the messages that a provider took since a moment, in order.
func (s *story) sentSince(since time.Time) []sent {
	s.t.Helper()
	rows, err := s.db.QueryContext(s.t.Context(), `
		SELECT recipient, created_at, sent_at, expires_at, digest, items FROM message WHERE sent_at >= $1 AND purpose = 'page' AND kind <> 'probe' ORDER BY sent_at, id`, since.UnixMicro())
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var out []sent
	for rows.Next() {
		var m sent
		var claimed, at, expires int64
		var items string
		if err := rows.Scan(&m.to, &claimed, &at, &expires, &m.digest, &items); err != nil {
			s.t.Fatal(err)
		}
		m.claimed, m.at, m.expires = time.UnixMicro(claimed).UTC(), time.UnixMicro(at).UTC(), time.UnixMicro(expires).UTC()
		if err := json.Unmarshal([]byte(items), &m.items); err != nil {
			s.t.Fatal(err)
		}
		out = append(out, m)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return out
}

var rank = map[string]int{"critical": 3, "error": 2, "warning": 1}

// TestTwoHourGap: the server is away for two hours while the timers of many incidents come due.
func TestTwoHourGap(t *testing.T) {
	t.Parallel()
	incidents, people := 200, 10
	if testkit.Full() {
		incidents, people = 10_000, 40
	}
	tell(t, team(people)+servicesOf(incidents, people), func(s *story) {
		severities := []string{"error", "warning", "critical", "error"}
		for from := 0; from < incidents; from += 100 {
			var alerts []wireAlert
			for i := from; i < min(from+100, incidents); i++ {
				alerts = append(alerts, s.alert("Down", fmt.Sprintf("service=s%d", i), "severity="+severities[(i/people)%4]))
			}
			s.send(alerts...)
		}
		s.forward(5 * time.Minute) // everybody is told, and nobody answers
		due := s.rows("timer WHERE kind = 'escalate'")
		equal(s, "timers that come due", due, incidents)
		s.stop()
		s.jump(2 * time.Hour)
		back := s.clock.Now()
		s.start()
		s.recovers(back, due)
		for range 14 * 12 {
			s.pass(s.clock.Now().Add(5 * time.Second))
		}
		s.oneCatchUpAMinute(s.sentSince(back))
		s.collapsed(back, incidents)
	})
}

// recovers lets the server work by itself until it has told somebody, which the story sees after so many looks, and
// until nothing is late. The clock goes on by a little with each look, however long that takes: this is no proof of
// the contract's 10 s, which TestOutage of the simulation holds by a clock of its own.
func (s *story) recovers(back time.Time, due int) {
	s.t.Helper()
	const most = 1000
	began, looks := time.Now(), 0
	look := func() {
		const every = 10 * time.Millisecond
		time.Sleep(every)
		s.clock.set(s.clock.Now().Add(every))
		looks++
	}
	if err := s.app.Start(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	var first []sent
	for len(first) == 0 && looks < most {
		look()
		first = s.sentSince(back)
	}
	if len(first) == 0 {
		s.t.Fatalf("after the outage nobody was told within %d looks, for which %s went by", looks, time.Since(began))
	}
	s.t.Logf("%d timers were due; the first message was seen at look %d, with %d incidents; %s went by", due,
		looks, len(first[0].items), time.Since(began).Round(time.Millisecond))
	late := due
	for late > 0 && time.Since(began) < 10*time.Minute {
		look()
		late = s.rows(fmt.Sprintf("timer WHERE kind = 'escalate' AND incident > 0 AND due_at <= %d", back.UnixMicro()))
	}
	equal(s, "timers that are late for good", late, 0)
	s.t.Logf("all of them were worked at look %d; %s went by", looks, time.Since(began).Round(time.Millisecond))
	s.restart() // from here on the story moves the clock again
	s.settle()
}

// collapsed checks that each incident took one step, to the level whose time it is, and no more.
func (s *story) collapsed(back time.Time, incidents int) {
	s.t.Helper()
	var pages, most, level int
	err := s.db.QueryRowContext(s.t.Context(), `
		SELECT count(*), max(n), max(level) FROM (SELECT incident, count(*) AS n, max(level) AS level FROM page
			WHERE at >= $1 AND purpose = 'page' AND incident > 0 GROUP BY incident) AS p`, back.UnixMicro()).Scan(&pages, &most, &level)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s, "incidents that went on", pages, incidents)
	equal(s, "the most pages of one", most, 1)
	equal(s, "the highest level", level, 2)
}

// oneCatchUpAMinute looks at all that was sent after an outage.
func (s *story) oneCatchUpAMinute(got []sent) {
	s.t.Helper()
	last := map[string]time.Time{}
	worst := map[string]int{}
	first := map[string]sent{}
	for _, m := range got {
		if at, ok := last[m.to]; ok && m.claimed.Sub(at) < time.Minute {
			s.t.Errorf("%s was told at %s and again at %s", m.to, at.Format(time.StampMilli), m.claimed.Format(time.StampMilli))
		}
		last[m.to] = m.claimed
		if !m.at.Before(m.expires) {
			s.t.Errorf("%s was told at %s what was worth telling until %s", m.to, m.at, m.expires)
		}
		if _, ok := first[m.to]; !ok {
			first[m.to] = m
			if !m.digest {
				s.t.Errorf("the first to %s after the outage is no digest: %d incidents", m.to, len(m.items))
			}
		}
		ordered := slices.IsSortedFunc(m.items, func(a, b struct {
			Incident int64  `json:"incident"`
			Severity string `json:"severity"`
		}) int {
			return rank[b.Severity] - rank[a.Severity]
		})
		if !ordered {
			s.t.Errorf("a message to %s is not in order, the worst first: %v", m.to, m.items)
		}
		worst[m.to] = max(worst[m.to], rank[m.items[0].Severity])
	}
	for _, to := range slices.Sorted(maps.Keys(first)) {
		if rank[first[to].items[0].Severity] != worst[to] {
			s.t.Errorf("the first to %s begins with %s, and something worse came later", to, first[to].items[0].Severity)
		}
	}
}
