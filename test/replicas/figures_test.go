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
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// figureless is the last version whose lists did not hold what figures are made of.
const figureless = "e28b27b"

// past is an incident as the older version says that it went.
type past struct {
	Number     int64
	Service    string
	Status     string
	OpenedAt   time.Time  `json:"opened_at"`
	ResolvedAt *time.Time `json:"resolved_at"`
	MergedInto *struct{}  `json:"merged_into"`
	Timeline   []struct {
		Status    string
		Timestamp time.Time
	}
}

// figures are what the newer version keeps of it.
type figures struct {
	toAnswer, lasted int64 // microseconds; -1: not
	answered         bool
}

// want is what they must be. byPeople: somebody resolved it.
func (p past) want(byPeople bool) figures {
	f := figures{-1, -1, byPeople}
	for _, t := range p.Timeline {
		if t.Status == "acknowledged" && f.toAnswer < 0 {
			f.toAnswer, f.answered = t.Timestamp.Sub(p.OpenedAt).Microseconds(), true
		}
	}
	if p.Status == "resolved" && p.MergedInto == nil {
		f.lasted = p.ResolvedAt.Sub(p.OpenedAt).Microseconds()
	}
	return f
}

// TestAnUpgradeGivesOldIncidentsTheirFigures: what an older version has written is read by the newer one as if that had
// written it.
func TestAnUpgradeGivesOldIncidentsTheirFigures(t *testing.T) {
	t.Parallel()
	program := olderProgram(t, figureless)
	for name, fresh := range map[string]func() (driver, url, dsn string){
		"sqlite": func() (driver, url, dsn string) {
			path := filepath.Join(t.TempDir(), "rouse.db")
			return "sqlite", "sqlite:" + path, path
		},
		"postgres": func() (driver, url, dsn string) {
			url = testkit.Postgres(t)
			return "pgx", url, url
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver, url, dsn := fresh()
			upgradeFigures(t, program, driver, url, dsn)
		})
	}
}

func upgradeFigures(t *testing.T, program, driver, url, dsn string) {
	// Each service has one incident, and this is what becomes of it; /healed: its alert ends.
	histories := map[string][]string{
		"open": nil, "healed": {"/healed"}, "answered": {"acknowledge", "acknowledge"}, "resolved": {"resolve"},
		"snoozed": {`snooze {"minutes":60}`, "take-over", "/healed"}, "again": {"acknowledge", "reopen", "acknowledge", "resolve", "reopen"}, "taken": {"take-over", "resolve"},
		"goes-on": nil, "merged": {`merge {"with":["goes-on"]}`},
	}
	var all []string
	for service := range histories {
		all = append(all, service)
	}
	config := t.TempDir()
	if err := os.WriteFile(filepath.Join(config, "people.yaml"), []byte(binary.People("REPLICAS_KEY", "open", binary.Owned{Service: "open", To: []string{"a@example.org"}})), 0o600); err != nil {
		t.Fatal(err)
	}
	s := binary.New(t, "ROUSE_DATABASE_URL="+url, "ROUSE_ADMIN_TOKEN="+adminToken, "ROUSE_CONFIG_DIR="+config)
	s.Use(program)
	s.Start(t)
	c := &cluster{client: http.DefaultClient}
	// goes-on is the older of the two that become one.
	for _, services := range [][]string{{"goes-on"}, all} {
		if status, err := c.request(s.URL, services...); err != nil || status != http.StatusAccepted {
			t.Fatal(status, err)
		}
	}
	before := list(t, s)
	for service, history := range histories {
		for _, do := range history {
			happen(t, c, s, before, service, do)
		}
	}
	before = list(t, s)
	s.Stop(t)
	s.Use(binary.Path(t))
	s.Start(t)
	s.Stop(t)
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for service, p := range before {
		var got figures
		if err := db.QueryRowContext(t.Context(), "SELECT to_answer, lasted, answered FROM listing WHERE number = $1", p.Number).Scan(&got.toAnswer, &got.lasted, &got.answered); err != nil {
			t.Fatal(err)
		}
		want := p.want(service == "resolved" || service == "merged")
		if got != want {
			t.Errorf("%s, %+v: %+v, want %+v", service, p, got, want)
		}
	}
	if len(before) != len(histories) {
		t.Errorf("%d incidents, want %d", len(before), len(histories))
	}
}

// list gives all incidents by their service.
func list(t *testing.T, s *binary.Server) map[string]past {
	t.Helper()
	var got struct{ Incidents []past }
	if err := json.Unmarshal(get(t, s, "/api/v1/incidents?limit=500"), &got); err != nil {
		t.Fatal(err)
	}
	out := map[string]past{}
	for _, p := range got.Incidents {
		out[p.Service] = p
	}
	return out
}

func happen(t *testing.T, c *cluster, s *binary.Server, all map[string]past, service, do string) {
	t.Helper()
	if do == "/healed" {
		end := fmt.Sprintf(`{"version":"4","status":"resolved","alerts":[{"status":"resolved","fingerprint":"f-%[1]s","endsAt":%[2]q,"labels":{"alertname":"Down","service":%[1]q,"severity":"critical"}}]}`, service, time.Now().Format(time.RFC3339Nano))
		res, err := binary.Send(c.client, s.URL, key, []byte(end))
		if err != nil || res.StatusCode != http.StatusAccepted {
			t.Fatal(res, err)
		}
		_ = res.Body.Close()
		return
	}
	verb, body, _ := bytes.Cut([]byte(do), []byte(" "))
	body = bytes.ReplaceAll(body, []byte(`"goes-on"`), fmt.Appendf(nil, `"%d"`, all["goes-on"].Number))
	if len(body) == 0 {
		body = []byte("{}")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprintf("%s/api/v1/incidents/%d/%s", s.URL, all[service].Number, verb), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	r.Header.Set("Content-Type", "application/json")
	res, err := c.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if said, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %s", service, do, res.Status, said)
	}
}
