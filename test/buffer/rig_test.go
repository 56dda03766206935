// Package buffer proves what Redis is for: real servers, a real Redis and a real PostgreSQL that go and come back.
package buffer

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const (
	adminToken = "buffer-admin-token-0123456789"
	key        = "BufferIntegrationKey000000000000"
	limit      = 60 * time.Second // for what another process does on a busy machine
)

func TestMain(m *testing.M) { binary.Main(m) }

// rig is a database, a Redis, a provider of SMS, and the servers that stand on them.
type rig struct {
	t     *testing.T
	pg    *testkit.PG
	db    string
	redis *testkit.RedisServer
	sms   *channeltest.Twilio
	dir   string // of what people own
}

// newRig makes everything but servers. Every service has a person of its own, so that every page is a message.
func newRig(t *testing.T, services int) *rig {
	t.Helper()
	t.Parallel()
	pg := testkit.StandalonePostgres(t, testkit.PGOptions{})
	r := &rig{t: t, pg: pg, db: pg.Database(t), redis: testkit.Redis(t, nil), sms: channeltest.NewTwilio(t), dir: t.TempDir()}
	all := make([]binary.Owned, services)
	for i := range all {
		all[i] = binary.Owned{Service: fmt.Sprint("s", i), To: []string{phone(i)}}
	}
	r.must(os.WriteFile(filepath.Join(r.dir, "people.yaml"), []byte(binary.People("BUFFER_KEY", "s0", all...)), 0o600))
	return r
}

func phone(service int) string { return fmt.Sprintf("+3460%07d", service) }

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// server prepares a server; its own settings come last.
func (r *rig) server(more ...string) *binary.Server {
	r.t.Helper()
	return binary.New(r.t, append([]string{
		"ROUSE_DATABASE_URL=" + r.db, "ROUSE_REDIS_URL=" + r.redis.URL(), "ROUSE_TWILIO_URL=" + r.sms.URL(), "ROUSE_ADMIN_TOKEN=" + adminToken,
		"ROUSE_CONFIG_DIR=" + r.dir, "BUFFER_KEY=" + key, "ROUSE_INTAKE_BURST=100000",
	}, more...)...)
}

// started is a server that runs.
func (r *rig) started(more ...string) *binary.Server {
	r.t.Helper()
	s := r.server(more...)
	r.start(s)
	return s
}

// start starts it and waits until it has said where it listens: only then does it need the database no more.
func (r *rig) start(s *binary.Server) {
	r.t.Helper()
	s.Start(r.t)
	binary.Eventually(r.t, limit, "the server has said where it listens", func() bool { return strings.Contains(s.Output(), "listens on") })
}

// wireAlert is one alert of a webhook.
type wireAlert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt,omitzero"`
	Fingerprint string            `json:"fingerprint"`
}

func firing(service int) wireAlert {
	return wireAlert{
		Status: "firing", StartsAt: time.Now(), Fingerprint: fmt.Sprint("f", service),
		Labels: map[string]string{"alertname": "Down", "service": fmt.Sprint("s", service), "severity": "critical"},
	}
}

func (a wireAlert) over() wireAlert {
	a.Status, a.EndsAt = "resolved", time.Now()
	return a
}

// answer is what a sender hears; status 0: nothing.
type answer struct {
	status     int
	durability string // the header
	Durability string
	Code       string
	Results    []struct{ Fingerprint, Outcome string }
	took       time.Duration
}

// kind is "plain", "buffered", or the status where it is no 2xx. Header and body must say the same.
func (a answer) kind() string {
	switch {
	case a.status != http.StatusAccepted:
		return strconv.Itoa(a.status)
	case a.durability == "" && a.Durability == "":
		return "plain"
	case a.durability == "buffered" && a.Durability == "buffered" && len(a.Results) > 0 && a.Results[0].Outcome == "buffered":
		return "buffered"
	}
	return fmt.Sprintf("%+v", a)
}

func send(s *binary.Server, alerts ...wireAlert) answer {
	body, err := json.Marshal(map[string]any{"version": "4", "alerts": alerts})
	if err != nil {
		panic(err)
	}
	began := time.Now()
	res, err := binary.Send(&http.Client{Timeout: 30 * time.Second}, s.URL, key, body)
	if err != nil {
		return answer{}
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, durability: res.Header.Get("Rouse-Durability"), took: time.Since(began)}
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		return answer{}
	}
	return a
}

// sends is what must be answered so.
func (r *rig) sends(s *binary.Server, want string, alerts ...wireAlert) answer {
	r.t.Helper()
	a := send(s, alerts...)
	if a.kind() != want {
		r.t.Fatalf("the answer is %s (%+v), want %s", a.kind(), a, want)
	}
	return a
}

func (r *rig) get(s *binary.Server, path string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, s.URL+path, nil)
	r.must(err)
	req.Header.Set("Authorization", "Bearer "+adminToken)
	res, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	r.must(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	r.must(err)
	return res.StatusCode, string(body)
}

// letters is how many requests Redis holds.
func (r *rig) letters() int {
	r.t.Helper()
	text, err := r.redis.Ask(r.t.Context(), "XLEN", "{rouse}:buffer")
	r.must(err)
	n, err := strconv.Atoi(strings.TrimPrefix(text, ":"))
	r.must(err)
	return n
}

func (r *rig) drained() {
	r.t.Helper()
	binary.Eventually(r.t, limit, "the buffer is empty", func() bool { return r.letters() == 0 })
}

// incident is one as the API tells.
type incident struct {
	Number int64  `json:"number"`
	Status string `json:"status"`
}

func (r *rig) incidents(s *binary.Server, service int) []incident {
	r.t.Helper()
	var list struct{ Incidents []incident }
	binary.Eventually(r.t, limit, "the incidents can be read", func() bool { // connections of before may have to be found dead
		status, text := r.get(s, fmt.Sprintf("/incidents?service=s%d", service))
		return status == http.StatusOK && json.Unmarshal([]byte(text), &list) == nil
	})
	return list.Incidents
}

// one is the one incident of a service.
func (r *rig) one(s *binary.Server, service int) incident {
	r.t.Helper()
	all := r.incidents(s, service)
	if len(all) != 1 {
		r.t.Fatalf("s%d has the incidents %+v, want one", service, all)
	}
	return all[0]
}

// pages is how many SMS somebody got.
// pages are the texts to the person of a service, and those among them that do not say that they may be repetitions.
func (r *rig) pages(service int) (all, plain int) {
	for _, m := range r.sms.Taken() {
		if m.To == phone(service) {
			all++
			if !strings.Contains(m.Body, "(may repeat)") {
				plain++
			}
		}
	}
	return all, plain
}

// paged waits for the page of each of these services: one, and no more.
func (r *rig) paged(services ...int) {
	r.t.Helper()
	for _, i := range r.pagedAfterKill(services...) {
		r.t.Errorf("s%d was paged again", i)
	}
}

// pagedAfterKill is paged where a server was killed: what that may have sent comes again and says so, for the servers
// here have addresses of their own, which are in their texts. It gives the services of which somebody was told twice.
func (r *rig) pagedAfterKill(services ...int) (repeated []int) {
	r.t.Helper()
	for _, i := range services {
		binary.Eventually(r.t, limit, fmt.Sprintf("s%d is paged", i), func() bool { all, _ := r.pages(i); return all > 0 })
	}
	for _, i := range services {
		all, plain := r.pages(i)
		if plain > 1 {
			r.t.Errorf("s%d was paged %d times as if nobody had been told before", i, plain)
		}
		if all > 1 {
			repeated = append(repeated, i)
		}
	}
	return repeated
}

// stopDatabase takes the database away: in order, as for an upgrade.
func (r *rig) stopDatabase() { r.t.Helper(); r.must(r.pg.Stop()) }

func (r *rig) startDatabase() { r.t.Helper(); r.must(r.pg.Start()) }
