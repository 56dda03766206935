// Package replicas runs several servers on one PostgreSQL, takes some of them away, and proves what is left.
package replicas

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // a connection of the test's own

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const (
	adminToken = "replicas-admin-token-0123456789"
	key        = "ReplicasIntegrationKey0000000000"
	limit      = 60 * time.Second // for what other processes do on a busy machine
	// resumes is the contract's bound: paging goes on so long after a replica was lost.
	resumes = 30 * time.Second
)

func TestMain(m *testing.M) {
	_ = os.Setenv("REPLICAS_KEY", key) // for the servers in this process and those that it starts
	binary.Main(m)
}

// cluster is several servers on one database, their providers, and a sender that remembers what it was promised.
type cluster struct {
	servers  []*binary.Server
	balancer *balancer
	sms      *channeltest.Twilio
	mail     *channeltest.SMTP
	client   *http.Client
	db       *sql.DB // only for looking

	mu       sync.Mutex
	promised map[string]time.Time // when a service's alert was answered with 2xx
}

// address is how the person of a service is reached: half of them by SMS, which can be looked up at the provider,
// half of them by mail, which cannot.
func address(service string) string {
	n, _ := strconv.Atoi(service[1:])
	if n%2 == 0 {
		return fmt.Sprintf("+34600%c%05d", '0'+service[0]%10, n)
	}
	return service + "@example.org"
}

// people: each service has a policy and a person of its own. The services that begin with w have a second level,
// which somebody else hears of after 2 s.
func people(services []string) string {
	all := make([]binary.Owned, len(services))
	for i, s := range services {
		all[i] = binary.Owned{Service: s, To: told(s)}
	}
	return binary.People("REPLICAS_KEY", services[0], all...)
}

// told are the addresses of those who hear of a service.
func told(service string) []string {
	to := []string{address(service)}
	if service[0] == 'w' {
		to = append(to, address("x"+service[1:]))
	}
	return to
}

// some are the names of n services.
func some(letter string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = letter + strconv.Itoa(i)
	}
	return out
}

// newCluster prepares n servers on an empty database. They have the same settings and start with nothing but them.
func newCluster(t *testing.T, n int, services []string) *cluster {
	t.Helper()
	c := &cluster{
		sms: channeltest.NewTwilio(t), mail: channeltest.NewSMTP(t, channeltest.SMTPOptions{}), promised: map[string]time.Time{},
		// A connection for each request, and patience for a server that has stopped in the middle of it.
		client: &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	url := testkit.StandalonePostgres(t, testkit.PGOptions{Durable: true}).Database(t) // each server is to say that it is well
	var err error
	if c.db, err = sql.Open("pgx", url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.db.Close() })
	c.sms.All("delivered") // of one that never says so no server would be well
	config := t.TempDir()
	if err := os.WriteFile(filepath.Join(config, "people.yaml"), []byte(people(services)), 0o600); err != nil {
		t.Fatal(err)
	}
	var addresses []string
	for range n {
		s := binary.New(t, "ROUSE_DATABASE_URL="+url, "ROUSE_SMTP_URL="+c.mail.URL(), "ROUSE_TWILIO_URL="+c.sms.URL(),
			"ROUSE_ADMIN_TOKEN="+adminToken, "ROUSE_CONFIG_DIR="+config)
		c.servers = append(c.servers, s)
		addresses = append(addresses, strings.TrimPrefix(s.URL, "http://"))
	}
	c.balancer = newBalancer(t, addresses)
	return c
}

// start starts servers at the same moment.
func start(t *testing.T, servers ...*binary.Server) {
	t.Helper()
	for _, s := range servers {
		s.Launch(t)
	}
	for _, s := range servers {
		s.AwaitReady(t)
	}
}

// blow sends an alert of each service over this time, each until it is answered with 2xx.
func (c *cluster) blow(t *testing.T, services []string, over time.Duration) (done <-chan struct{}) {
	end := make(chan struct{})
	go func() {
		defer close(end)
		pace := time.NewTicker(over / time.Duration(len(services)))
		defer pace.Stop()
		var senders sync.WaitGroup
		for _, s := range services {
			<-pace.C
			senders.Go(func() { c.send(t, s) })
		}
		senders.Wait()
	}()
	return end
}

func (c *cluster) send(t *testing.T, service string) {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) { // as Alertmanager waits
		if status, err := c.request(c.balancer.url(), service); err == nil && status/100 == 2 {
			c.mu.Lock()
			c.promised[service] = time.Now()
			c.mu.Unlock()
			return
		}
	}
	t.Errorf("the alert of %s was not taken", service)
}

// request sends an alert of each service, and gives the status of the answer.
func (c *cluster) request(url string, services ...string) (status int, err error) {
	var alerts []string
	for _, s := range services {
		alerts = append(alerts, fmt.Sprintf(`{"status":"firing","fingerprint":"f-%[1]s","startsAt":%[2]q,
			"labels":{"alertname":"Down","service":%[1]q,"severity":"critical"}}`, s, time.Now().Format(time.RFC3339Nano)))
	}
	res, err := binary.Send(c.client, url, key, []byte(`{"version":"4","status":"firing","alerts":[`+strings.Join(alerts, ",")+`]}`))
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

func get(t *testing.T, s *binary.Server, path string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v %s", path, res.Status, err, text)
	}
	return text
}

// number asks the database for one.
func (c *cluster) number(t *testing.T, query string, args ...any) (n int64) {
	t.Helper()
	if err := c.db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// message is one as it is stored.
type message struct {
	id, address, status string
	attempt             int
	mayRepeat           bool
}

func (c *cluster) messages(t *testing.T, where string, args ...any) (out []message) {
	t.Helper()
	rows, err := c.db.QueryContext(t.Context(), `SELECT id, address, status, attempt, may_repeat FROM message WHERE `+where, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var m message
		if err := rows.Scan(&m.id, &m.address, &m.status, &m.attempt, &m.mayRepeat); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// arrived is how often a provider has taken something for an address.
func (c *cluster) arrived() map[string]int {
	out := map[string]int{}
	for _, m := range c.sms.Taken() {
		out[m.To]++
	}
	for _, m := range c.mail.Taken() {
		out[m.To[0]]++
	}
	return out
}

// account is all that is known of the messages to an address, on both sides.
func (c *cluster) account(t *testing.T, to string) string {
	t.Helper()
	var ours string
	if err := c.db.QueryRowContext(t.Context(), `
		SELECT jsonb_build_object('messages', (SELECT jsonb_agg(m) FROM message m WHERE m.address = $1), 'deliveries', (
			SELECT jsonb_agg(d) FROM delivery d WHERE d.message IN (SELECT id FROM message m WHERE m.address = $1)))`, to).Scan(&ours); err != nil {
		t.Fatal(err)
	}
	var theirs []string
	for _, m := range c.sms.Taken() {
		if m.To == to {
			theirs = append(theirs, fmt.Sprintf("%+v", m))
		}
	}
	return fmt.Sprintf("ours: %s; the provider's: %q", ours, theirs)
}

// allTold waits until everything promised has been told to whom it must be, and gives how many messages that took.
func (c *cluster) allTold(t *testing.T, want int) {
	t.Helper()
	binary.Eventually(t, 2*limit, fmt.Sprintf("%d messages are out", want), func() bool {
		return c.number(t, `SELECT count(*) FROM message WHERE status IN ('accepted', 'delivered') AND kind <> 'probe'`) == int64(want)
	})
}

// everyPromise: each alert that was answered with 2xx is in the one incident of its service, with each of its pages
// out: once, or more often where the message says that it may be; and the audit had nothing to repair.
func (c *cluster) everyPromise(t *testing.T) {
	t.Helper()
	arrived, repeated := c.arrived(), 0
	for service := range c.promised {
		n := c.number(t, `SELECT count(*) FROM incident WHERE service = $1`, service)
		firing := c.number(t, `SELECT count(*) FROM alert a JOIN incident i ON i.number = a.incident WHERE i.service = $1 AND a.fingerprint = $2 AND a.firing`, service, "f-"+service)
		if n != 1 || firing != 1 {
			t.Errorf("%s has %d incidents, and its alert is there %d times", service, n, firing)
		}
		for _, to := range told(service) {
			all := c.messages(t, `address = $1`, to)
			if len(all) != 1 || all[0].status != "accepted" && all[0].status != "delivered" {
				t.Errorf("%s: messages %+v", to, all)
				continue
			}
			switch n := arrived[to]; {
			case n == 0:
				t.Errorf("no provider has %+v", all[0])
			case n > 1 && !all[0].mayRepeat:
				t.Errorf("%+v arrived %d times: %s", all[0], n, c.account(t, to))
			case n > 1:
				repeated++
			}
			delete(arrived, to)
		}
	}
	if len(arrived) > 0 {
		t.Errorf("somebody else was told, too: %v", arrived)
	}
	if n := c.number(t, `SELECT count(*) FROM timeline WHERE kind = 'repaired'`); n > 0 {
		t.Errorf("%d incidents had no future", n)
	}
	doubtful := c.messages(t, `may_repeat`)
	t.Logf("%d alerts, %d messages; %d may have been repeated, %d were", len(c.promised), len(c.messages(t, `kind <> 'probe'`)), len(doubtful), repeated)
}

// sameGauges: what the database says is the same on each server.
func sameGauges(t *testing.T, servers ...*binary.Server) {
	t.Helper()
	gauges := func(s *binary.Server) string {
		var out []string
		for line := range bytes.Lines(get(t, s, "/metrics")) {
			if bytes.HasPrefix(line, []byte("incident_active_total{")) {
				out = append(out, string(line))
			}
		}
		return strings.Join(out, "")
	}
	first := gauges(servers[0])
	if first == "" {
		t.Error("nothing is active")
	}
	for _, s := range servers[1:] {
		if got := gauges(s); got != first {
			t.Errorf("one server has\n%sanother\n%s", first, got)
		}
	}
	for _, s := range servers {
		var ready struct{ Status string }
		if got := get(t, s, "/ready"); json.Unmarshal(got, &ready) != nil || ready.Status != "ready" {
			t.Errorf("%s: %s", s.URL, got)
		}
	}
}
