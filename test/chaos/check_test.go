package chaos

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/test/binary"
)

// everything is what must hold when all is calm again.
func (s *storm) everything(t *testing.T) {
	t.Helper()
	s.everyPromise(t)
	s.everyPage(t)
	s.everyBadOne(t)
	s.counters(t)
	s.verified(t)
}

// verified: nothing in the whole database is amiss.
func (s *storm) verified(t *testing.T) {
	t.Helper()
	if out, errs, code := binary.Run(t, s.Dir, s.environment, "verify"); code != 0 {
		t.Errorf("rouse verify: exit %d\n%s%s", code, out, errs)
	}
}

func (s *storm) get(t *testing.T, path string, into any) {
	t.Helper()
	binary.Eventually(t, 30*time.Second, path+" is answered", func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+adminToken)
		res, err := s.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode == http.StatusServiceUnavailable { // who first uses a connection that was cut is told to come again
			return false
		}
		if err := json.NewDecoder(res.Body).Decode(into); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v", path, res.Status, err)
		}
		return true
	})
}

// status is what a path answers with; 0 for no answer.
func (s *storm) status(t *testing.T, path string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.client.Do(r)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// incidentsOf are the numbers of a service's incidents.
func (s *storm) incidentsOf(t *testing.T, service string) []int64 {
	t.Helper()
	var list struct {
		Incidents []struct {
			Number int64  `json:"number"`
			Status string `json:"status"`
		} `json:"incidents"`
	}
	s.get(t, "/incidents?service="+service, &list)
	var numbers []int64
	for _, i := range list.Incidents {
		numbers = append(numbers, i.Number)
		if i.Status != "open" {
			t.Errorf("#%d of %s is %s", i.Number, service, i.Status)
		}
	}
	return numbers
}

// everyPromise: each alert that was answered with 2xx belongs to exactly one incident.
func (s *storm) everyPromise(t *testing.T) {
	t.Helper()
	if n := s.missing(t); n > 0 {
		t.Errorf("%d alerts were answered with 2xx and are not in exactly one incident", n)
	}
}

// missing is how many alerts were answered with 2xx and do not belong to exactly one incident.
func (s *storm) missing(t *testing.T) (n int) {
	t.Helper()
	for service, fingerprints := range s.promised {
		numbers := s.incidentsOf(t, service)
		if len(numbers) != 1 {
			t.Logf("%s has the incidents %v", service, numbers)
			n += len(fingerprints)
			continue
		}
		var got struct {
			Alerts []struct {
				Fingerprint string `json:"fingerprint"`
				Firing      bool   `json:"firing"`
			} `json:"alerts"`
		}
		s.get(t, fmt.Sprintf("/api/v1/incidents/%d/alerts", numbers[0]), &got)
		found := map[string]bool{}
		for _, a := range got.Alerts {
			found[a.Fingerprint] = a.Firing
		}
		for f := range fingerprints {
			if !found[f] {
				t.Logf("%s was answered with 2xx and is not there", f)
				n++
			}
		}
	}
	return n
}

// check is what /ready says of one thing.
func (s *storm) check(t *testing.T, name string) string {
	t.Helper()
	var got struct {
		Checks map[string]struct{ Detail string } `json:"checks"`
	}
	s.get(t, "/ready", &got)
	return got.Checks[name].Detail
}

// message is one as the API tells.
type message struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	To        string `json:"to"`
	Status    string `json:"status"`
	Attempt   int    `json:"attempt"`
	MayRepeat bool   `json:"may_repeat"`
	Detail    string `json:"detail"`
}

func (s *storm) messages(t *testing.T, number int64) []message {
	t.Helper()
	var got struct {
		Messages []message `json:"messages"`
	}
	s.get(t, fmt.Sprintf("/api/v1/incidents/%d/messages", number), &got)
	return got.Messages
}

// everyPage: each incident's one page is at the provider: once, or more often where that was said.
func (s *storm) everyPage(t *testing.T) {
	t.Helper()
	waited := time.Now()
	repeated, doubtful := 0, 0
	for i := range s.services {
		number := s.incidentsOf(t, fmt.Sprintf("s%d", i))[0]
		var all []message
		// A send that was killed may be tried again only after its lease of 25 s.
		binary.Eventually(t, 90*time.Second, fmt.Sprintf("#%d is told of", number), func() bool {
			all = s.messages(t, number)
			return len(all) > 0 && all[0].Status != "sending" && all[0].Status != "retrying"
		})
		if len(all) != 1 || all[0].To != address(i) || all[0].Status != "accepted" && all[0].Status != "delivered" {
			t.Errorf("#%d: messages %+v", number, all)
			continue
		}
		m, n := all[0], s.arrived(all[0])
		switch {
		case n == 0:
			t.Errorf("no provider has message %+v", m)
		case n > 1 && !m.MayRepeat:
			t.Errorf("message %+v arrived %d times", m, n)
		case n > 1:
			repeated++
		}
		if m.MayRepeat {
			doubtful++
		}
		s.noRepair(t, number)
	}
	for to, n := range s.strangers() {
		t.Errorf("%d messages to %s that nobody knows", n, to)
	}
	t.Logf("all pages are out after %s; %d may have been repeated, %d were", time.Since(waited).Round(time.Second), doubtful, repeated)
}

// arrived is how often a provider has taken a message.
func (s *storm) arrived(m message) int {
	n := 0
	for _, sms := range s.sms.Taken() {
		if sms.To == m.To {
			n++
		}
	}
	for _, mail := range s.mail.Taken() {
		if mail.To[0] == m.To && mail.MessageID[:len(m.ID)] == m.ID {
			n++
		}
	}
	return n
}

// strangers are addresses that belong to nobody.
func (s *storm) strangers() map[string]int {
	out := map[string]int{}
	for _, sms := range s.sms.Taken() {
		out[sms.To]++
	}
	for _, mail := range s.mail.Taken() {
		out[mail.To[0]]++
	}
	for i := range s.services {
		delete(out, address(i))
	}
	return out
}

// noRepair: the auditor had nothing to do.
func (s *storm) noRepair(t *testing.T, number int64) {
	t.Helper()
	var got struct {
		Entries []struct{ Kind, Text string } `json:"entries"`
	}
	s.get(t, fmt.Sprintf("/api/v1/incidents/%d/timeline", number), &got)
	for _, e := range got.Entries {
		if e.Kind == "repaired" {
			t.Errorf("#%d had no future: %s", number, e.Text)
		}
	}
}

// everyBadOne: what cannot be an alert is in quarantine, and an incident says so.
func (s *storm) everyBadOne(t *testing.T) {
	t.Helper()
	var all string
	for before := ""; ; {
		var got struct {
			Quarantined []struct {
				At  time.Time `json:"at"`
				Raw string    `json:"raw"`
			} `json:"quarantined"`
		}
		s.get(t, "/api/v1/quarantine?limit=500"+before, &got)
		for _, q := range got.Quarantined {
			all += q.Raw
		}
		if len(got.Quarantined) < 500 {
			break
		}
		before = "&before=" + got.Quarantined[499].At.Format("2006-01-02T15:04:05.999999Z")
	}
	for b := range s.bad {
		if !strings.Contains(all, b) {
			t.Errorf("%s is not in quarantine", b)
		}
	}
	if n := len(s.incidentsOf(t, "rouse")); n != min(1, len(s.bad)) {
		t.Errorf("%d incidents tell of the quarantine", n)
	}
}
