package scenario

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/audit"
	"github.com/rouse-oncall/rouse/internal/wire"
)

// spoil changes rows behind the server's back, as a broken disk or a newer version does.
func (s *story) spoil(query string) {
	s.t.Helper()
	driver, dsn := "pgx", s.config.DatabaseURL
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(s.t.Context(), query); err != nil {
		s.t.Fatal(err)
	}
}

// news is what has come to an address since the story looked.
func (s *story) news(to string) string { return strings.Join(s.inboxes()[to][s.read[to]:], "\n") }

// alarmed fails unless the audit says how many incidents cannot be read: in the metrics, in /ready, in the log and to who
// asks the doctor. Somebody must hear of the one that nothing works on.
func (s *story) alarmed(unreadable float64) {
	s.t.Helper()
	const words = "nothing can read #1 any more"
	s.clock.set(s.clock.Now().Add(audit.Every))
	if err := s.app.Watch(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	equal(s, "rouse_audit_orphans", s.metric("rouse_audit_orphans"), unreadable)
	symptoms := wire.Doctor(s.t.Context(), s.config)
	i := slices.IndexFunc(symptoms, func(x wire.Symptom) bool { return x.Check == "incidents" })
	if unreadable == 0 {
		s.ready("audit", true, "passed")
		equal(s, "what the doctor says of incidents", symptoms[i].State, wire.Fine)
		return
	}
	s.ready("audit", false, words)
	if !strings.Contains(symptoms[i].Words, words) || symptoms[i].State != wire.Wrong || !strings.Contains(symptoms[i].Do, "rouse incidents page") {
		s.t.Errorf("the doctor says %+v", symptoms[i])
	}
	if !strings.Contains(s.log.String(), words) {
		s.t.Errorf("the log does not say that %s", words)
	}
}

// One incident that cannot be read stops nobody else: the others escalate and are sent, the list shows them,
// and it goes on by itself once it can be read again. What is broken is put off; what has a status that only a newer
// version knows is left to that one, and shows as overdue.
func TestAnUnreadableIncidentStopsNobody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ spoil, mend, tells string }{
		"core": {"UPDATE incident SET core = '{' || core, version = version + 1 WHERE number = 1",
			"UPDATE incident SET core = substr(core, 2), version = version + 1 WHERE number = 1", "rouse_timer_stuck_total"},
		"status": {"UPDATE incident SET status = status + 7, version = version + 1 WHERE number = 1",
			"UPDATE incident SET status = status - 7, version = version + 1 WHERE number = 1", "rouse_overdue_seconds"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, "", func(s *story) {
				s.fire("A", "service=a")
				s.fire("B", "service=b")
				s.forward(3 * time.Minute)
				s.skip()
				s.spoil(c.spoil)
				s.restart() // nothing of it is known from before
				s.forward(20 * time.Minute)
				if got := s.news(benPhone); !strings.Contains(got, "#2") || strings.Contains(got, "#1") {
					t.Errorf("Ben was told of %q, want #2 alone", got)
				}
				if all := s.incidents(""); len(all) != 1 || all[0].Number != 2 {
					t.Errorf("the list: %+v", all)
				}
				if got := s.must(s.request("", "POST", "/resolve", map[string]any{"ids": []int{1, 2}, "status": "acknowledged"}), 200); !strings.Contains(string(got.body), `"number":2,"status":"acknowledged"`) {
					t.Errorf("acknowledging both: %s", got.body)
				}
				if s.metric(c.tells) == 0 {
					t.Errorf("nobody is told that a timer is stuck: %s is 0", c.tells)
				}
				s.alarmed(1)
				s.skip()
				s.spoil(c.mend)
				s.alarmed(0)
				s.forward(20 * time.Minute)
				if got := s.news(benPhone); !strings.Contains(got, "#1") {
					t.Errorf("Ben was told of %q, want #1 once it can be read again", got)
				}
			})
		})
	}
}
