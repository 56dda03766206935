package replicas

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/rouse-oncall/rouse/test/binary"
)

// older is a version of the program that is in the repository's history: the last one whose tables are not today's. One
// without the synthetic alert would not do: it takes that of the newer server for anybody's, and pages for it.
const older = "26837c3"

// olderProgram builds the program as it was. It is not to be had where the history is not: then the test is skipped, in CI it fails.
func olderProgram(t *testing.T, older string) string {
	t.Helper()
	dir := t.TempDir()
	archive := exec.CommandContext(t.Context(), "git", "-C", "../..", "archive", "--format=tar", older)
	var why bytes.Buffer
	archive.Stderr = &why
	tree, err := archive.Output()
	if err != nil {
		why.WriteString(err.Error())
		if os.Getenv("CI") == "true" {
			t.Fatalf("the older version %s is not in the history here (a shallow clone?): %s", older, &why)
		}
		t.Skipf("skipped: the older version %s is not in the history here: %s", older, &why)
	}
	unpack := exec.CommandContext(t.Context(), "tar", "-x", "-C", dir)
	unpack.Stdin = bytes.NewReader(tree)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", "rouse-older", "./cmd/rouse")
	build.Dir = dir
	for _, cmd := range []*exec.Cmd{unpack, build} {
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
	}
	return filepath.Join(dir, "rouse-older")
}

// future is what a version after this one may have done to the database: it only adds.
const future = `
	ALTER TABLE incident ADD COLUMN omen TEXT NOT NULL DEFAULT '';
	ALTER TABLE message ADD COLUMN omen BIGINT NOT NULL DEFAULT 0;
	CREATE TABLE omen (id BIGINT PRIMARY KEY);
	INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`

// exec runs again after a deadlock with the servers, as they and an upgrade do.
func (c *cluster) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	for {
		_, err := c.db.ExecContext(t.Context(), query, args...)
		if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "40P01" {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
}

// TestRollingUpgrade: two servers of an older version are upgraded one after the other while alerts come in; the
// older one works on the newer one's schema, also when it starts on it, and both on that of a version to come.
func TestRollingUpgrade(t *testing.T) {
	t.Parallel()
	program := olderProgram(t, older)
	n, over := size()
	before, during, after := some("w", n/3), some("s", n), some("v", n/2)
	c := newCluster(t, 2, slices.Concat(before, during, after))
	first, second := c.servers[0], c.servers[1]
	first.Use(program)
	second.Use(program)
	start(t, c.servers...)
	<-c.blow(t, before, over/3)

	done := c.blow(t, during, over)
	first.Stop(t)
	first.Use(binary.Path(t))
	first.Start(t)
	stream := listen(t, first)
	c.exec(t, future)
	second.Stop(t)
	second.Start(t) // the older one
	<-done
	<-c.blow(t, after, over/2)
	c.allTold(t, 2*len(before)+len(during)+len(after))
	for i, s := range c.servers {
		alerts, sends := s.Metric(t, "rouse_ingest_alerts_total"), s.Metric(t, "rouse_delivery_attempts_total", `outcome="accepted"`)
		t.Logf("server %d took %d alerts and sent %d messages since its last start", i, alerts, sends)
		if alerts == 0 || sends == 0 {
			t.Errorf("server %d did not do its part", i)
		}
	}
	second.Stop(t)
	second.Use(binary.Path(t))
	second.Start(t)
	sameGauges(t, first, second)
	c.everyPromise(t)
	if repeated := c.messages(t, `may_repeat OR attempt > 1`); len(repeated) > 0 {
		t.Errorf("all servers ended in order, and yet: %+v", repeated)
	}
	stream[0].mu.Lock()
	heard := len(stream[0].versions)
	stream[0].mu.Unlock()
	if heard < len(after) {
		t.Errorf("the newer server's stream told of %d incidents", heard)
	}
}

// TestTheUnknownIsLeftUntouched: kinds of work and states that only a later version knows are not worked, not put
// off and not given up, while everything else flows; no matter which version finds them.
func TestTheUnknownIsLeftUntouched(t *testing.T) {
	t.Parallel()
	known, rest := some("u", 4), some("s", 20)
	c := newCluster(t, 2, slices.Concat(known, rest))
	start(t, c.servers...)
	<-c.blow(t, known, time.Second)
	c.allTold(t, len(known))
	c.exec(t, future)
	number := func(service string) int64 {
		return c.number(t, `SELECT number FROM incident WHERE service = $1`, service)
	}
	now := time.Now().UnixMicro()
	// A kind of timer, due for a minute.
	c.exec(t, `INSERT INTO timer (incident, kind, subject, generation, due_at) VALUES ($1, 'omen', '', 1, $2)`, number("u0"), now-60_000_000)
	// A kind of message: one that waits in its lane, one whose retry is due.
	c.exec(t, `UPDATE delivery SET status = 'waiting', kind = 'pigeon', lane = 'contact:pigeon', message = '', due_at = $2, expires_at = $2 + 3600000000 WHERE incident = $1`, number("u1"), now)
	c.exec(t, `INSERT INTO lane (lane, kind, next_at) VALUES ('contact:pigeon', 'pigeon', $1)`, now)
	c.exec(t, `UPDATE message SET kind = 'pigeon', status = 'retrying', look_at = $2, next_at = $2 WHERE address = $1`, address("u2"), now)
	// A status of an incident, whose timeout is over and which has a page that waits to be sent.
	c.exec(t, `UPDATE incident SET status = 9, version = version + 1 WHERE number = $1`, number("u3"))
	c.exec(t, `UPDATE listing SET status = 9 WHERE number = $1`, number("u3"))
	c.exec(t, `UPDATE timer SET due_at = $2 WHERE incident = $1`, number("u3"), now)
	c.exec(t, `UPDATE delivery SET status = 'waiting', message = '', due_at = $2 WHERE incident = $1`, number("u3"), now)
	c.exec(t, `UPDATE lane SET state = '{}', next_at = $2 WHERE lane IN (SELECT lane FROM delivery WHERE incident = $1)`, number("u3"), now)
	was := c.unknown(t)

	for _, s := range c.servers { // the audit looks at each start
		s.Stop(t)
		s.Start(t)
	}
	<-c.blow(t, rest, 3*time.Second)
	c.allTold(t, len(known)-1+len(rest))
	// The alert of what nobody here can read is refused and not lost; others in the same moment are taken.
	for _, s := range c.servers {
		r := c.post(t, s.URL, "u3", "s0")
		if r/100 == 2 {
			t.Errorf("an alert of an incident that cannot be read is answered %d", r)
		}
		if r := c.post(t, s.URL, "s1"); r/100 != 2 {
			t.Errorf("another alert is answered %d", r)
		}
	}
	if is := c.unknown(t); is != was {
		t.Errorf("what is unknown was\n%s\nand is\n%s", was, is)
	}
	for _, s := range c.servers {
		if n := s.Metric(t, "rouse_timer_stuck_total") + s.Metric(t, "rouse_delivery_poisoned_total"); n > 0 {
			t.Errorf("%s gave up or put off %d things", s.URL, n)
		}
	}

	// The version that knows them comes: here, by their becoming known.
	c.exec(t, `UPDATE incident SET status = 0, version = version + 1 WHERE number = $1`, number("u3"))
	c.exec(t, `UPDATE listing SET status = 0 WHERE number = $1`, number("u3"))
	binary.Eventually(t, limit, "the page goes out and the timer is worked", func() bool {
		return c.arrived()[address("u3")] == 2 && c.number(t, `SELECT count(*) FROM timer WHERE incident = $1 AND due_at <= $2`, number("u3"), now) == 0
	})
}

// unknown is all that no version here knows, as it is stored.
func (c *cluster) unknown(t *testing.T) (all string) {
	t.Helper()
	for _, query := range []string{
		`SELECT t::text FROM timer t JOIN incident i ON i.number = t.incident WHERE t.kind = 'omen' OR i.status = 9 ORDER BY 1`,
		`SELECT d::text FROM delivery d JOIN incident i ON i.number = d.incident WHERE d.kind = 'pigeon' OR i.status = 9 ORDER BY 1`,
		`SELECT l::text FROM lane l WHERE kind = 'pigeon'`,
		`SELECT m::text FROM message m WHERE kind = 'pigeon'`,
		`SELECT i::text FROM incident i WHERE status = 9`,
		`SELECT l::text FROM listing l WHERE status = 9`,
	} {
		rows, err := c.db.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for ; rows.Next(); n++ {
			var row string
			if err := rows.Scan(&row); err != nil {
				t.Fatal(err)
			}
			all += row + "\n"
		}
		if err := rows.Err(); err != nil || n == 0 {
			t.Fatalf("%d rows of %s: %v", n, query, err)
		}
	}
	return all
}

// post sends alerts of these services in one request, once, and gives the status of the answer.
func (c *cluster) post(t *testing.T, url string, services ...string) int {
	t.Helper()
	status, err := c.request(url, services...)
	if err != nil {
		t.Fatal(err)
	}
	return status
}
