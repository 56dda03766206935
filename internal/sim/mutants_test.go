package sim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

// mutant is a guard of the product that is taken away.
type mutant struct {
	name     string
	file     string
	old, new string
}

// Each of these guards is needed: without it a promise is broken, and the simulation sees it.
var mutants = []mutant{
	{"a fenced call: the token is looked at before it", "internal/app/deliver/send.go", `case check.Token != a.Token:`, `case false && check.Token != a.Token:`},
	{"the lease is looked at before a call", "internal/app/deliver/send.go", `case !now.Add(sendTimeout).Before(a.LeaseUntil):`, `case false:`},
	{"answered between claim and call", "internal/app/deliver/send.go", `case d.Purpose == notification.PurposePage && answered:`, `case false && answered:`},
	{"an answer holds whatever the clock says", "internal/app/deliver/send.go", `a.Stopped.Covers(d.Page)`, `false`},
	{"expired between claim and call", "internal/app/deliver/send.go", `case !d.ExpiresAt.IsZero() && !now.Before(d.ExpiresAt):`, `case false:`},
	{"a provider that can be asked is", "internal/app/deliver/send.go", `if err == nil && found {`, `if false && found {`},
	{"a provider is asked before every attempt", "internal/app/deliver/send.go", "	if out.MayRepeat {\n		w.cfg.Metrics", "	if res.MayRepeat = out.MayRepeat; out.MayRepeat {\n		w.cfg.Metrics"},
	{"a fenced record: the token must be the newest", "internal/app/deliver/outcome.go", `if m.Token != res.Token || m.Status`, `if m.Status`},
	{"what a provider took is not unknown", "internal/app/deliver/send.go", `	res.outcome, res.detail, res.after = classify(receipt, err)
`, `	res.outcome, res.detail, res.after = classify(receipt, err)
	if err == nil && a.Attempt == 1 && !receipt.Confirms {
		res.outcome = unknown
	}
`},
	{"what a provider took is recorded whatever it takes", "internal/app/deliver/record.go", `if !errors.Is(err, ports.ErrUnknownOutcome) && !fault.Is(err, fault.KindUnavailable) {`, `if true || !errors.Is(err, ports.ErrUnknownOutcome) && !fault.Is(err, fault.KindUnavailable) {`},
	{"an unknown outcome is labelled", "internal/app/deliver/outcome.go", `m.MayRepeat = m.MayRepeat || res.outcome == unknown ||`, `m.MayRepeat = m.MayRepeat ||`},
	{"a lease that ran out is labelled", "internal/app/deliver/claim.go", `b.MayRepeat = true //`, `b.MayRepeat = false //`},
	{"what providers report only rises", "internal/domain/notification/receipt.go", `if reportRank(r) > reportRank(s) {`, `if true {`},
	{"expired at the claim", "internal/domain/notification/lane.go", `case !d.ExpiresAt.IsZero() && !now.Before(d.ExpiresAt):`, `case false:`},
	{"one digest a minute", "internal/app/deliver/digest.go", `for who, last := range had {`, `for who, last := range had {
		if true {
			break
		}`},
	{"a lane does not wait for a clock that was put back", "internal/app/deliver/claim.go", `q.State = q.State.NoLater(c.now)`, ``},
	{"our downtime skips no level", "internal/domain/incident/round.go", `if !e.levelReached() && !s.Repaged &&`, `if false &&`},
	{"nobody twice in one pass", "internal/domain/incident/page.go", `return p.Pass == out.pass && p.Level == out.level && p.Recipient == r })`, `return false && p.Pass == out.pass && p.Recipient == r })`},
	{"an acknowledgement stops the round", "internal/domain/incident/people.go", "	e.cancel(roundKinds()...)\n", ""},
	{"an acknowledgement stops what waits", "internal/domain/incident/people.go", "	s.Pages = nil\n	e.stop()\n", "	s.Pages = nil\n"},
	{"the auditor repairs", "internal/app/audit/run.go", `	numbers := found.numbers()
	if len(numbers) == 0 {`, `	numbers := found.numbers()
	if true {`},
	{"a commit of unknown outcome is no 2xx", "internal/app/intake/receive.go", `	if err == nil {
		failpoint.Here(failpoint.IntakeCommitted)
		r.deps.Committed(changes)
	}
	return err`, `	if _ = changes; errors.Is(err, ports.ErrUnknownOutcome) {
		return nil
	}
	return err`},
	{"what people are told is saved is saved", "internal/app/respond/repos.go", `	if len(changes) > 0 {`, `	if false {`},
	{"a commit of unknown outcome is not called unsaved", "internal/app/respond/repos.go", `case errors.Is(err, ports.ErrUnknownOutcome):`, `case false:`},
	{"what came resolved at first is stored, too", "internal/app/intake/placement.go", `return a.Received != b.Received ||`, `return (b.Received > 1 || b.Firing) && a.Received != b.Received ||`},
	{"what is no alert is kept", "internal/app/intake/group.go", `return changes, g.quarantine(ctx, r)`, `return changes, nil`},
	{"what is refused is counted", "internal/app/intake/receive.go", `r.deps.Metrics.Refused(from.Name, n)`, ``},
	{"one that cannot be worked does not hold the others", "internal/app/escalate/run.go", `	return u.eachAlone(ctx)
}`, `	return 0, err
}`},
	{"what fires already does not begin again", "internal/domain/alert/receive.go", `	if a.Firing {
		return a.refire(s.StartsAt, at)
	}`, ``},
	{"grace brings back what fires on", "internal/domain/incident/people.go", `e.set(TimerGrace, e.now().Add(e.in.Rules.Grace))`, `_ = e.in.Rules.Grace`},
}

var (
	failedSeed    = regexp.MustCompile(`--- FAIL: TestSeeds/(\d+)`)
	brokenPromise = regexp.MustCompile(`sim_test.go:\d+: (P\d+: .*)`)
)

// Every guard that is taken away makes a seed fail. A short run takes two of them away, by which the first seeds fail;
// a full one all.
func TestMutants(t *testing.T) {
	const seeds = 600
	for _, m := range mutants {
		if !testkit.Full() && m.name != "the lease is looked at before a call" && m.name != "a commit of unknown outcome is no 2xx" {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			seed := killed(t, m, seeds)
			if seed == "" {
				t.Fatalf("%d seeds do not see that %s is gone from %s", seeds, m.name, m.file)
			}
			t.Logf("seed %s", seed)
		})
	}
}

// Every mutant, also of those that only a full run kills, changes one place of what is there now.
func TestMutantsFitTheCode(t *testing.T) {
	t.Parallel()
	for _, m := range mutants {
		src, err := os.ReadFile(filepath.Join("../..", m.file))
		if err != nil {
			t.Error(err)
		}
		if n := bytes.Count(src, []byte(m.old)); n != 1 {
			t.Errorf("%s: %s has %q %d times, not once: bring the mutant up to date", m.name, m.file, m.old, n)
		}
	}
}

// killed runs the seeds against the product with one guard taken away, and gives the first seed that failed.
func killed(t *testing.T, m mutant, seeds int) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, m.file)
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	changed, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(changed, bytes.Replace(src, []byte(m.old), []byte(m.new), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-count=1", "-vet=off", "-run", "^TestSeeds$", "./internal/sim", "-first", "-seeds", strconv.Itoa(seeds))
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	found := failedSeed.FindSubmatch(out)
	if found == nil {
		t.Fatalf("no seed failed, the run did: %v\n%s", err, out)
	}
	line := brokenPromise.FindSubmatch(out)
	if line == nil {
		t.Fatalf("seed %s failed and no promise was broken: %v\n%s", found[1], err, out)
	}
	return fmt.Sprintf("%s (%s)", found[1], strings.TrimSpace(string(line[1])))
}
