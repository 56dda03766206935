// Package chaos kills what it can while alerts come in, and proves what is left.
package chaos

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const (
	adminToken = "chaos-admin-token-0123456789"
	key        = "ChaosIntegrationKey0000000000000"
	each       = 3 // alerts of one service
)

// TestMain lets more tests run at once than there are processors: they wait for leases and outages.
func TestMain(m *testing.M) {
	zerolog.SetGlobalLevel(zerolog.Disabled) // toxiproxy's
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	binary.Main(m)
}

// few is so many, or more where there is time.
func few[T any](short, long T) T {
	if testkit.Full() {
		return long
	}
	return short
}

// seed is random; ROUSE_SEED repeats a run as far as the machine lets it.
func seed(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(os.Getenv("ROUSE_SEED"), 10, 64)
	if err != nil {
		n = rand.Uint64N(1e6)
	}
	t.Logf("ROUSE_SEED=%d", n)
	return n
}

func sqliteFile(t *testing.T) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "rouse.db")
}

// storm is a server, its providers, and a sender that remembers what it was promised.
type storm struct {
	*binary.Server
	sms      *channeltest.Twilio
	mail     *channeltest.SMTP
	client   *http.Client
	rng      *rand.Rand // of the test's own goroutine
	services int
	config   string // a file

	environment []string

	mu       sync.Mutex
	promised map[string]map[string]bool // fingerprints that were answered with 2xx, by service
	bad      map[string]bool            // what cannot be an alert and was answered with 2xx
	tally    tally
	refusals map[string]int // by code; "" where no whole answer came
}

// newStorm prepares a storm over so many services, and a server for it.
func newStorm(t *testing.T, server func(testing.TB, ...string) *binary.Server, databaseURL string, services int) *storm {
	t.Helper()
	s := &storm{
		sms: channeltest.NewTwilio(t), mail: channeltest.NewSMTP(t, channeltest.SMTPOptions{}), rng: rand.New(rand.NewPCG(seed(t), 0)),
		services: services,
		client:   &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
		promised: map[string]map[string]bool{}, bad: map[string]bool{}, refusals: map[string]int{},
	}
	t.Cleanup(s.client.CloseIdleConnections)
	s.sms.Always(channeltest.Slow(40 * time.Millisecond)) // long enough to be killed in the middle of it
	s.mail.Always(channeltest.Slow(40 * time.Millisecond))
	s.config = filepath.Join(t.TempDir(), "people.yaml")
	s.write(t, people(services))
	s.environment = []string{
		"ROUSE_DATABASE_URL=" + databaseURL, "ROUSE_SMTP_URL=" + s.mail.URL(), "ROUSE_TWILIO_URL=" + s.sms.URL(),
		"ROUSE_ADMIN_TOKEN=" + adminToken, "ROUSE_CONFIG_DIR=" + s.config, "CHAOS_KEY=" + key,
		// One key stands for every sender here, and the whole storm again in its last second is no loop to be held back.
		"ROUSE_INTAKE_BURST=100000",
	}
	s.Server = server(t, s.environment...)
	return s
}

// write says what people own, from the next start on.
func (s *storm) write(t *testing.T, config string) {
	t.Helper()
	if err := os.WriteFile(s.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tally counts alerts as their sender sees them.
type tally struct{ in, stored, quarantined, refused int }

func (c tally) since(was tally) tally {
	return tally{c.in - was.in, c.stored - was.stored, c.quarantined - was.quarantined, c.refused - was.refused}
}

// address is how the one person of a service is reached: half of them by SMS, which can be looked up at the
// provider, half of them by mail, which cannot.
func address(service int) string {
	if service%2 == 0 {
		return fmt.Sprintf("+3460%07d", service)
	}
	return fmt.Sprintf("p%d@example.org", service)
}

// people: every service has a policy and a person of its own, so that every page is a message.
func people(services int) string {
	all := make([]binary.Owned, services)
	for i := range all {
		all[i] = binary.Owned{Service: fmt.Sprint("s", i), To: []string{address(i)}}
	}
	return binary.People("CHAOS_KEY", "s1", all...)
}

// wireAlert is one alert of a webhook.
type wireAlert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	StartsAt    time.Time         `json:"startsAt"`
	Fingerprint string            `json:"fingerprint,omitempty"`
}

func newAlert(service, n int) wireAlert {
	return wireAlert{
		Status: "firing", StartsAt: time.Now(), Fingerprint: fmt.Sprintf("f%d-%d", service, n),
		Labels: map[string]string{"alertname": "Down", "service": fmt.Sprintf("s%d", service), "severity": "critical", "instance": fmt.Sprint(n)},
	}
}

// requests are all that is sent, in an order that the seed decides: every alert at least once, some with
// others, some with something that cannot be an alert.
func (s *storm) requests() [][]wireAlert {
	var out [][]wireAlert
	for i := range s.services {
		for n := range each {
			batch := []wireAlert{newAlert(i, n)}
			if s.rng.IntN(4) == 0 {
				batch = append(batch, newAlert(s.rng.IntN(s.services), s.rng.IntN(each)))
			}
			if s.rng.IntN(10) == 0 {
				batch = append(batch, wireAlert{Status: "firing", Annotations: map[string]string{"summary": fmt.Sprintf("bad-%d-%d;", i, n)}})
			}
			out = append(out, batch)
		}
	}
	s.rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// send sends until it is answered with 2xx, as Alertmanager does. The answer must tell of every alert.
func (s *storm) send(t *testing.T, batch []wireAlert) {
	body, err := json.Marshal(map[string]any{"version": "4", "status": "firing", "alerts": batch})
	if err != nil {
		t.Error(err)
		return
	}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline) && t.Context().Err() == nil; {
		s.count(func(c *tally) { c.in += len(batch) })
		status, answer := s.post(body)
		if status/100 == 2 {
			s.keep(t, batch, answer)
			return
		}
		s.refuse(t, status, answer, len(batch))
		time.Sleep(20 * time.Millisecond) // the server is dead: nothing tells when it is back
	}
	if t.Context().Err() == nil {
		t.Errorf("not taken within 2 min: %s", body)
	}
}

// refuse counts what was not taken. A server that cannot take an alert says 503: Alertmanager gives up at 4xx.
func (s *storm) refuse(t *testing.T, status int, answer []byte, n int) {
	var problem struct{ Code string }
	if status != 0 && (status != http.StatusServiceUnavailable || json.Unmarshal(answer, &problem) != nil || problem.Code == "") {
		t.Errorf("refused with %d: %s", status, answer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.refused += n
	s.refusals[problem.Code]++
}

// use sends to this server from now on.
func (s *storm) use(server *binary.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Server = server
}

// refused is how often requests were refused by this code.
func (s *storm) refused(code string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refusals[code]
}

func (s *storm) count(f func(c *tally)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.tally)
}

// post gives status 0 where no whole answer came.
func (s *storm) post(body []byte) (status int, answer []byte) {
	s.mu.Lock()
	to := s.URL
	s.mu.Unlock()
	res, err := binary.Send(s.client, to, key, body)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	answer, err = io.ReadAll(res.Body)
	if err != nil && res.StatusCode/100 != 2 {
		return 0, nil
	}
	return res.StatusCode, answer // a 2xx is a promise, even where its body was cut
}

func (s *storm) keep(t *testing.T, batch []wireAlert, answer []byte) {
	var got struct {
		Results []struct{ Fingerprint, Outcome string } `json:"results"`
	}
	if err := json.Unmarshal(answer, &got); err == nil && len(got.Results) != len(batch) {
		t.Errorf("%d alerts were answered with %s", len(batch), answer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, a := range batch {
		if a.Labels == nil {
			s.bad[a.Annotations["summary"]] = true
			s.tally.quarantined++
			if i < len(got.Results) && got.Results[i].Outcome != "quarantined" {
				t.Errorf("alert %d of %d is %s", i, len(batch), got.Results[i].Outcome)
			}
			continue
		}
		service := a.Labels["service"]
		if s.promised[service] == nil {
			s.promised[service] = map[string]bool{}
		}
		s.promised[service][a.Fingerprint] = true
		s.tally.stored++
	}
}

// blow sends all requests over this time, from several senders.
func (s *storm) blow(t *testing.T, requests [][]wireAlert, over time.Duration) (done <-chan struct{}) {
	queue, end := make(chan []wireAlert), make(chan struct{})
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for batch := range queue {
				s.send(t, batch)
			}
		})
	}
	go func() {
		pace := time.NewTicker(over / time.Duration(len(requests)))
		defer pace.Stop()
		defer close(end)
		defer senders.Wait()
		defer close(queue)
		for _, batch := range requests {
			select {
			case <-pace.C:
			case <-t.Context().Done():
				return
			}
			queue <- batch
		}
	}()
	t.Cleanup(func() { <-end }) // a test that failed in the middle of it
	return end
}
