package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// operator runs commands with a server's own settings.
type operator struct {
	t   *testing.T
	w   *world
	env []string
}

// rouse runs a command, whose exit code must be as said, and which must say all of the words.
func (o *operator) rouse(exit int, command string, words ...string) string {
	o.t.Helper()
	out, errs, code := binary.Run(o.t, o.w.Dir, o.env, strings.Fields(command)...)
	if code != exit {
		o.t.Fatalf("rouse %s: exit %d, not %d\n%s%s\nthe server's log:\n%s", command, code, exit, out, errs, o.w.Log())
	}
	for _, word := range words {
		if !strings.Contains(out+errs, word) {
			o.t.Fatalf("rouse %s does not say %q:\n%s%s", command, word, out, errs)
		}
	}
	return out + errs
}

// TestOperating: the server is watched from outside, asked how it is, held and let go on.
func TestOperating(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, databaseURL string) {
		if !strings.HasPrefix(databaseURL, "sqlite:") { // the one that tests share does not flush, which the doctor says
			doctorOf(t, databaseURL, "wrong    durability: PostgreSQL has fsync off", "wrong    durability: PostgreSQL has full_page_writes off")
			databaseURL = testkit.StandalonePostgres(t, testkit.PGOptions{Durable: true}).Database(t)
		}
		var beats atomic.Int64
		monitor := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { beats.Add(1) }))
		t.Cleanup(monitor.Close)
		outside := "ROUSE_HEARTBEAT_URL=" + monitor.URL + "/heartbeat-canary"
		w := newWorld(t, databaseURL, "15m", outside)
		binary.Eventually(t, limit, "the monitor outside is told that all is well", func() bool { return beats.Load() > 0 })
		o := &operator{t, w, []string{
			"ROUSE_URL=" + w.URL, "ROUSE_TOKEN=" + adminToken, "ROUSE_KEY=" + key, "ROUSE_DATABASE_URL=" + databaseURL, "ROUSE_PUBLIC_URL=" + w.URL,
			"ROUSE_SMTP_URL=" + w.mail.URL(), "ROUSE_TWILIO_URL=" + w.sms.URL(), outside,
		}}
		binary.Eventually(t, limit, "the heartbeat is noted", func() bool {
			_, _, code := binary.Run(t, w.Dir, o.env, "doctor")
			return code == 0
		})
		o.rouse(0, "doctor", "ok       database: answers, can be written", "ok       people: ", "ok       email: the mail server answers and lets us in",
			"ok       sms: Twilio answers", "ok       audit: ", "ok       probe: ", "ok       heartbeat: ", "ok       paging: goes on", "ok       public address: ")
		o.rouse(0, "doctor --json --url "+w.URL, `"wrong": 0`, `"check": "probe"`)
		o.rouse(0, "paging status", "Paging goes on.")
		o.rouse(0, "paging hold --reason upgrade", "Paging is HELD", ": upgrade")
		o.rouse(0, "send --alertname DiskFull -l service=db", "opened #1")
		o.rouse(0, "paging status", "HELD", "by admin token: upgrade")
		o.rouse(1, "doctor", "wrong    paging: it is held since", "→ rouse paging resume")
		binary.Eventually(t, limit, "/ready says that paging is held", func() bool {
			said, _, code := binary.Run(t, w.Dir, o.env, "doctor", "--url", w.URL)
			return code == 1 && strings.Contains(said, "wrong    paging: held since")
		})
		w.noFurtherSMS(t, 2*time.Second)
		w.Stop(t)
		w.Start(t)
		binary.Eventually(t, limit, "the log says that paging is held", func() bool { return strings.Contains(w.Log(), "paging is held: nobody is told of anything") })
		o.rouse(0, "paging resume", "Paging goes on. It was resumed")
		w.waitSMS(t, 1)
		binary.Eventually(t, limit, "/ready says that paging goes on", func() bool {
			_, _, code := binary.Run(t, w.Dir, o.env, "doctor", "--url", w.URL)
			return code == 0
		})
		o.rouse(0, "verify", "All is as it must be.", "1 incidents")
		o.storm()
		o.ill(databaseURL)
		for _, canary := range []string{"heartbeat-canary", adminToken} {
			if strings.Contains(w.Log(), canary) {
				t.Errorf("the log has the secret %s", canary)
			}
		}
	})
}

// doctorOf asks about a database that no server has.
func doctorOf(t *testing.T, databaseURL string, words ...string) {
	t.Helper()
	env := []string{"ROUSE_DATABASE_URL=" + databaseURL}
	newWorld(t, databaseURL, "15m").Stop(t) // which makes the tables
	said, errs, code := binary.Run(t, t.TempDir(), env, "doctor")
	for _, word := range words {
		if code != 1 || !strings.Contains(said, word) {
			t.Errorf("exit %d, it does not say %q:\n%s%s", code, word, said, errs)
		}
	}
}

// storm verifies the database again and again beside a server that works as fast as it can.
func (o *operator) storm() {
	o.t.Helper()
	ctx, stop := context.WithCancel(o.t.Context())
	var senders sync.WaitGroup
	var sent atomic.Int64
	for sender := range 4 {
		senders.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				service, status, ends := fmt.Sprintf("s%d-%d", sender, i%20), "firing", ""
				if i%3 == 2 {
					status, ends = "resolved", time.Now().UTC().Format(time.RFC3339Nano)
				}
				alert := map[string]any{
					"status": status, "fingerprint": service, "labels": map[string]string{"alertname": "Storm", "service": service, "severity": "critical"},
					"startsAt": time.Now().Add(-time.Second),
				}
				if ends != "" {
					alert["endsAt"] = ends
				}
				if got, _ := o.w.call(o.t, key, http.MethodPost, "/alerts", map[string]any{"version": "4", "alerts": []any{alert}}); got == http.StatusAccepted {
					sent.Add(1)
				}
			}
		})
	}
	until := time.Now().Add(limit)
	for looks := 0; (looks < 5 || sent.Load() < 200) && time.Now().Before(until); looks++ {
		o.rouse(0, "verify", "All is as it must be.")
	}
	stop()
	senders.Wait()
	if sent.Load() < 200 {
		o.t.Errorf("only %d alerts were taken meanwhile: that is no storm", sent.Load())
	}
}

// ill makes one thing after another wrong and asks the doctor.
func (o *operator) ill(databaseURL string) {
	o.t.Helper()
	healthy := o.env
	for _, c := range []struct {
		setting string
		words   []string
	}{
		{"ROUSE_SMTP_URL=smtp://ana:wrong-canary@127.0.0.1:1?from=rouse@example.org", []string{"wrong    email: ", "→ see that ROUSE_SMTP_URL"}},
		{"ROUSE_TWILIO_URL=" + strings.Replace(o.w.sms.URL(), channeltest.TwilioToken, "wrong-canary", 1), []string{"wrong    sms: Twilio answered 401"}},
		{"ROUSE_DATABASE_URL=sqlite:nothing-here.db", []string{"wrong    database: there is no database nothing-here.db"}},
		{"ROUSE_DATABASE_URL=postgres://rouse:wrong-canary@127.0.0.1:1/rouse", []string{"wrong    database: ", "→ "}},
		{"ROUSE_PUBLIC_URL=http://127.0.0.1:1", []string{"wrong    public address: no server answers at http://127.0.0.1:1"}},
		{"ROUSE_PUBLIC_URL=" + strings.SplitN(o.w.mail.URL(), "?", 2)[0], []string{"wrong    settings: public-url"}},
		{"ROUSE_HEARTBEAT_URL=hc-ping.com/wrong-canary", []string{"wrong    settings: heartbeat-url: it is not an address such as"}},
	} {
		o.env = append(append([]string{}, healthy...), c.setting)
		if said := o.rouse(1, "doctor", c.words...); strings.Contains(said, "wrong-canary") {
			o.t.Errorf("the doctor tells a secret:\n%s", said)
		}
	}
	o.env = append(append([]string{}, healthy...), "ROUSE_REDIS_URL=redis://:wrong-canary@127.0.0.1:1/0") // which is no need
	o.rouse(0, "doctor", "warning  redis: degraded: does not answer", "→ see that it runs")
	o.env = healthy
	o.rouse(1, "verify --database-url sqlite:nothing-here.db", "there is no database nothing-here.db")
	o.rouse(4, "doctor --url http://127.0.0.1:1", "no server answers")
	o.w.Stop(o.t)
	o.rouse(1, "doctor", "wrong    public address: no server answers", "ok       database: ")
	o.rouse(0, "verify --database-url "+databaseURL, "All is as it must be.")
}
