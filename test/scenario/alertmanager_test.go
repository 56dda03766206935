package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

// ahead is by how much the story's clock is before everybody's: its Alertmanager has then run for long enough to be
// believed where it does not have an alert.
const ahead = 20 * time.Minute

// alertmanager is a real one that sends to the story's server.
type alertmanager struct {
	*story
	*testkit.Server
}

func newAlertmanager(s *story) alertmanager {
	s.t.Helper()
	config := fmt.Sprintf(`
route: {receiver: rouse, group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers:
  - name: rouse
    webhook_configs: [{url: %s/alerts, send_resolved: true, max_alerts: 0, http_config: {authorization: {credentials: %s}}}]
`, s.server.URL, mainKey)
	return alertmanager{s, testkit.Alertmanager(s.t, map[string]string{"alertmanager.yml": config})}
}

// byOurClock is where it answers as if its clock were the story's, which says how old it is.
func (m alertmanager) byOurClock() string {
	m.t.Helper()
	to, err := url.Parse(m.URL)
	if err != nil {
		m.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(res *http.Response) error {
		res.Header.Set("Date", m.clock.Now().UTC().Format(http.TimeFormat))
		return nil
	}
	proxy.ErrorLog = log.New(io.Discard, "", 0) // that it is stopped is the story
	front := httptest.NewServer(proxy)
	m.t.Cleanup(front.Close)
	return front.URL
}

// api calls it, and reads what it answers.
func (m alertmanager) api(method, path string, body, into any) {
	m.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		m.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.URL+"/api/v2/"+path, bytes.NewReader(text))
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, answer)
	}
	if err == nil && into != nil {
		err = json.Unmarshal(answer, into)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

// alert is Prometheus telling it of an alert of the service web until a moment.
func (m alertmanager) alert(name string, until time.Time) {
	m.t.Helper()
	m.api(http.MethodPost, "alerts", []map[string]any{{"labels": labelsOf(name, []string{"service=web"}), "startsAt": m.began(), "endsAt": until}}, nil)
}

// began is the same moment for every message of the alert.
func (m alertmanager) began() time.Time { return m.clock.start }

// silence is somebody there silencing an alert; it gives the id.
func (m alertmanager) silence(name, by, comment string, d time.Duration) string {
	m.t.Helper()
	var made struct {
		ID string `json:"silenceID"`
	}
	m.api(http.MethodPost, "silences", map[string]any{
		"matchers": []map[string]any{{"name": "alertname", "value": name, "isRegex": false, "isEqual": true}},
		"startsAt": time.Now(), "endsAt": time.Now().Add(d), "createdBy": by, "comment": comment,
	}, &made)
	return made.ID
}

// theirSilence is one as it has it.
type theirSilence struct {
	ID        string
	CreatedBy string
	Comment   string
	EndsAt    time.Time
	Status    struct{ State string }
	Matchers  []struct {
		Name, Value      string
		IsRegex, IsEqual bool
	}
}

// silences are those that are active.
func (m alertmanager) silences() (out []theirSilence) {
	m.t.Helper()
	var all []theirSilence
	m.api(http.MethodGet, "silences", nil, &all)
	for _, s := range all {
		if s.Status.State == "active" {
			out = append(out, s)
		}
	}
	return out
}

// looks lets the server look at it, some times in a row.
func (s *story) looks(times int) {
	s.t.Helper()
	for range times {
		s.forward(31 * time.Second)
		if err := s.app.LookAtAlertmanagers(s.t.Context()); err != nil {
			s.t.Fatalf("looking at Alertmanager: %v", err)
		}
		s.settle()
	}
}

// until waits for what the Alertmanager does by itself.
func (s *story) until(what string, done func() bool) {
	s.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-tick.C {
		if done() {
			return
		}
	}
	s.t.Fatalf("never %s", what)
}

func (s *story) silencedBy(number int64) (by string, all bool) {
	s.t.Helper()
	var got struct {
		Silence *struct {
			By  string
			All bool
		}
	}
	s.get(fmt.Sprintf("/incidents/%d", number), &got)
	if got.Silence == nil {
		return "", false
	}
	return got.Silence.By, got.Silence.All
}

// The whole circle with a real Alertmanager: what somebody silences there pages nobody here until that ends, and what
// somebody acknowledges here is silenced there until it is over, which only reading can tell.
func TestTheCircleWithAlertmanager(t *testing.T) {
	t.Parallel()
	s := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "rouse.db"), twoPeople, func(s *story) {
		s.clock.start = time.Now().UTC().Truncate(time.Second)
		s.clock.now = s.clock.start.Add(ahead)
	})
	am := newAlertmanager(s)
	where := am.byOurClock()
	reads := func(more string) {
		t.Helper()
		s.must(s.apply(fmt.Sprintf("integrations: [{name: main, kind: alertmanager, alertmanager: [%s]%s}]", where, more)), http.StatusOK)
	}
	reads("")
	am.alert("Down", time.Now().Add(time.Hour))
	s.until("sent", func() bool { return len(s.incidents("")) == 1 })
	s.settle()
	s.expect(anaPhone, "Down")
	s.skip()

	silence := am.silence("Down", "Bob", "we know", 3*time.Hour)
	s.looks(1)
	s.told(1, "Silenced by Bob until")
	if by, all := s.silencedBy(1); by != "Bob" || !all {
		t.Fatalf("silenced by %q, all %t", by, all)
	}
	s.forward(30 * time.Minute)
	s.nothing()
	am.api(http.MethodDelete, "silence/"+silence, nil, nil)
	s.looks(1)
	s.expect(anaPhone, "Down")
	s.skip()

	reads(", silence: true")
	s.ack(ana, 1)
	s.looks(1)
	ours := am.silences()
	if len(ours) != 1 || ours[0].CreatedBy != "Rouse (Ana)" || !strings.HasSuffix(ours[0].Comment, "/i/"+s.incident(1).ID) || len(ours[0].Matchers) != 4 {
		t.Fatalf("it has the silences %+v", ours)
	}
	s.told(1, "Silenced at Alertmanager while somebody has this: 1 alert")
	s.looks(1)
	if again := am.silences(); len(again) != 1 || !again[0].EndsAt.Equal(ours[0].EndsAt) {
		t.Fatalf("another look made of %+v %+v", ours, again)
	}
	s.forward(6 * time.Minute)
	s.restart() // whoever made it is gone
	s.looks(1)
	if longer := am.silences(); len(longer) != 1 || !longer[0].EndsAt.After(ours[0].EndsAt) {
		t.Fatalf("it was not made to last: %+v", longer)
	}
	if by, _ := s.silencedBy(1); by != "" {
		t.Errorf("it counts as silenced by %s, which is us", by)
	}

	if err := am.Stop(); err != nil {
		t.Fatal(err)
	}
	s.looks(3)
	s.is(1, "acknowledged") // who cannot be reached resolves nothing
	s.ready("alertmanagers", false, "main cannot be read")
	if words := string(s.request("-", http.MethodGet, "/ready", nil).body); strings.Contains(words, strings.TrimPrefix(where, "http://")) {
		t.Errorf("anybody is told where it is: %s", words)
	}
	if err := am.Start(); err != nil {
		t.Fatal(err)
	}
	am.alert("Down", time.Now().Add(time.Hour)) // it forgot, and Prometheus tells again
	s.looks(1)
	s.ready("alertmanagers", true, "are read")

	am.alert("Down", time.Now().Add(-time.Second))
	s.looks(1)
	s.is(1, "acknowledged")
	s.looks(1)
	s.is(1, "resolved")
	s.told(1, "Gone from Alertmanager")
	s.told(1, "Our silence at Alertmanager is ended: 1 alert")
	s.until("unsilenced", func() bool { return len(am.silences()) == 0 })
}
