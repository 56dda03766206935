package scenario

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/test/binary"
)

// incident is one as the API gives it.
type incident struct {
	ID          string  `json:"id"`
	Number      int64   `json:"number"`
	Title       string  `json:"title"`
	Service     string  `json:"service"`
	Environment string  `json:"environment"`
	Severity    string  `json:"severity"`
	Status      string  `json:"status"`
	Assignee    *string `json:"assignee"`
	Alerts      int     `json:"alerts_count"`
	Runbook     string  `json:"runbook_url"`
	Exhausted   bool    `json:"exhausted"`
	Source      struct {
		Fingerprint string            `json:"fingerprint"`
		StartsAt    *time.Time        `json:"startsAt"`
		Labels      map[string]string `json:"labels"`
	} `json:"source_alert"`
}

func (s *story) incident(number int64) incident {
	s.t.Helper()
	var i incident
	s.get(fmt.Sprintf("/incidents/%d", number), &i)
	return i
}

// incidents lists, the oldest first.
func (s *story) incidents(filter string) []incident {
	s.t.Helper()
	var all []incident
	for cursor := ""; ; {
		var list struct {
			Incidents []incident `json:"incidents"`
			Next      *string    `json:"next_cursor"`
		}
		path := "/incidents?limit=500&" + filter
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		s.get(path, &list)
		all = append(all, list.Incidents...)
		if list.Next == nil {
			slices.Reverse(all)
			return all
		}
		cursor = *list.Next
	}
}

// is checks an incident's status.
func (s *story) is(number int64, status string) {
	s.t.Helper()
	if got := s.incident(number).Status; got != status {
		s.t.Fatalf("#%d is %s, not %s\n%s", number, got, status, strings.Join(s.timeline(number), "\n"))
	}
}

// timeline is all that happened to an incident, an entry a line.
func (s *story) timeline(number int64) []string {
	s.t.Helper()
	var got struct {
		Entries []struct {
			At   time.Time `json:"at"`
			Kind string    `json:"kind"`
			Text string    `json:"text"`
		} `json:"entries"`
	}
	s.get(fmt.Sprintf("/api/v1/incidents/%d/timeline", number), &got)
	var lines []string
	for _, e := range got.Entries {
		lines = append(lines, e.At.Format("15:04:05")+" "+e.Kind+": "+e.Text)
	}
	return lines
}

// told checks that the timeline has these words.
func (s *story) told(number int64, words string) {
	s.t.Helper()
	lines := s.timeline(number)
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, words) }) {
		s.t.Fatalf("the timeline of #%d does not say %q:\n%s", number, words, strings.Join(lines, "\n"))
	}
}

// message is one that was sent, as the API gives it.
type message struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	To        string     `json:"to"`
	Status    string     `json:"status"`
	Attempt   int        `json:"attempt"`
	MayRepeat bool       `json:"may_repeat"`
	Digest    bool       `json:"digest"`
	Detail    string     `json:"detail"`
	Incidents []int64    `json:"incidents"`
	CreatedAt time.Time  `json:"created_at"`
	SentAt    *time.Time `json:"sent_at"`
	ExpiresAt *time.Time `json:"expires_at"`
}

// messages are those about an incident, the oldest first.
func (s *story) messages(number int64) []message {
	s.t.Helper()
	var got struct {
		Messages []message `json:"messages"`
	}
	s.get(fmt.Sprintf("/api/v1/incidents/%d/messages", number), &got)
	slices.Reverse(got.Messages)
	return got.Messages
}

// inboxes are what has arrived, by address: an SMS' body, an email's subject and text, a webhook's document.
func (s *story) inboxes() map[string][]string {
	in := map[string][]string{}
	for _, m := range s.sms.Taken() {
		in[m.To] = append(in[m.To], m.Body)
	}
	for _, m := range s.mail.Taken() {
		for _, to := range m.To {
			in[to] = append(in[to], m.Subject+"\n"+m.Text)
		}
	}
	for _, m := range s.hook.Taken() {
		in[s.hook.Address()] = append(in[s.hook.Address()], string(m.Body))
	}
	return in
}

// expect takes the next message at an address, which must have all of these words.
func (s *story) expect(to string, words ...string) string {
	s.t.Helper()
	box := s.inboxes()[to]
	if len(box) <= s.read[to] {
		s.t.Fatalf("at %s nothing has come to %s; before:\n%s\n%s", s.clock.Now().Format(time.TimeOnly), to, strings.Join(box, "\n"), s.state())
	}
	text := box[s.read[to]]
	s.read[to]++
	for _, w := range words {
		if !strings.Contains(text, w) {
			s.t.Fatalf("what came to %s does not say %q:\n%s", to, w, text)
		}
	}
	return text
}

// nothing checks that nobody has got anything that the story has not looked at.
func (s *story) nothing() {
	s.t.Helper()
	for to, box := range s.inboxes() {
		if left := box[s.read[to]:]; len(left) > 0 {
			s.t.Fatalf("at %s, %d messages too many to %s:\n%s\n%s", s.clock.Now().Format(time.TimeOnly), len(left), to, strings.Join(left, "\n"), s.state())
		}
	}
}

// skip looks at everything that has come.
func (s *story) skip() {
	for to, box := range s.inboxes() {
		s.read[to] = len(box)
	}
}

// state is what to know when a story fails.
func (s *story) state() string {
	var b strings.Builder
	for _, i := range s.incidents("status=open,acknowledged") {
		if b.Len() > 1500 {
			break
		}
		fmt.Fprintf(&b, "#%d %s %s, timers: %s\n  %s\n", i.Number, i.Service, i.Status, s.timers(i.Number), strings.Join(s.timeline(i.Number), "\n  "))
	}
	return b.String()
}

// equal compares in the story's words.
func equal[T comparable](s *story, what string, got, want T) {
	s.t.Helper()
	if got != want {
		s.t.Fatalf("%s is %v, not %v\n%s", what, got, want, s.state())
	}
}

// metric is the sum of a metric's samples.
func (s *story) metric(name string) float64 {
	s.t.Helper()
	a := s.must(s.request("", http.MethodGet, "/metrics", nil), http.StatusOK)
	sum, err := binary.Sum(string(a.body), name)
	if err != nil {
		s.t.Fatal(err)
	}
	return sum
}
