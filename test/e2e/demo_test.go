package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/test/binary"
)

// said is what a program prints while it runs.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// visitor is a browser without its window.
type visitor struct {
	t      *testing.T
	client *http.Client
}

func (v visitor) read(res *http.Response, err error) string {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		v.t.Fatalf("%s: %d %v\n%s", res.Request.URL, res.StatusCode, err, b)
	}
	return string(b)
}

func (v visitor) get(at string) string {
	v.t.Helper()
	return v.read(v.client.Get(at)) //nolint:bodyclose // read closes it
}

// TestDemo: one command shows everything, and leaves nothing.
func TestDemo(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	cmd := exec.CommandContext(t.Context(), binary.Path(t), "demo", "--listen=127.0.0.1:0", "--mailbox=127.0.0.1:0", "--weeks=1", "--pace=30", "--seed=7")
	out := &said{}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = temp, binary.Environment("TMPDIR="+temp), out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	binary.Eventually(t, limit, "it says where it is", func() bool { return strings.Contains(out.String(), "^C ends it") })
	places := regexp.MustCompile(`(?m)^(Rouse|Sign in|Mailbox) +(\S+)$`).FindAllStringSubmatch(out.String(), -1)
	if len(places) != 3 {
		t.Fatalf("it says: %s", out)
	}
	rouse, link, mailbox := places[0][2], places[1][2], places[2][2]

	jar, _ := cookiejar.New(nil) // never fails
	v := visitor{t, &http.Client{Jar: jar, Timeout: 10 * time.Second}}
	v.get(link) // which only asks
	_, token, _ := strings.Cut(link, "token=")
	v.read(v.client.PostForm(rouse+"/enter", url.Values{"token": {token}})) //nolint:bodyclose // as above
	var me struct{ Name, Role, Demo string }
	if err := json.Unmarshal([]byte(v.get(rouse+"/api/v1/session")), &me); err != nil || me.Name != "Ana Ruiz" || me.Role != "admin" || me.Demo != mailbox {
		t.Errorf("signed in as %+v, %v", me, err)
	}
	incidents := func(query string) (list []struct {
		Number   int64
		Service  string
		Assignee string
		OpenedAt time.Time `json:"opened_at"`
	}) {
		var page struct{ Incidents json.RawMessage }
		if err := json.Unmarshal([]byte(v.get(rouse+"/api/v1/incidents?limit=500&"+query)), &page); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(page.Incidents, &list); err != nil {
			t.Fatal(err)
		}
		return list
	}
	past := incidents("status=resolved&sort=opened_at")
	if len(past) < 20 || time.Since(past[0].OpenedAt) < 5*24*time.Hour {
		t.Errorf("a week's past has %d incidents", len(past))
	}
	newest := incidents("")[0].Number
	binary.Eventually(t, limit, "something new goes wrong, and a colleague has it", func() bool {
		for _, i := range incidents("status=acknowledged,resolved") {
			if i.Number > newest && i.Assignee != "" {
				return true
			}
		}
		return false
	})
	page := regexp.MustCompile(`href="(/mail/\d+)"><strong>\[CRIT\] payments`)
	binary.Eventually(t, limit, "the page of an incident is in the mailbox", func() bool { return page.MatchString(v.get(mailbox + "/?q=payments")) })
	mail := v.get(mailbox + page.FindStringSubmatch(v.get(mailbox + "/?q=payments"))[1])
	if !strings.Contains(mail, "Payments by") || !strings.Contains(mail, rouse+"/i/") {
		t.Errorf("the email: %s", mail)
	}

	if there, _ := filepath.Glob(filepath.Join(temp, "rouse-demo-*", "rouse.db")); len(there) != 1 {
		t.Errorf("its database is %v", there)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended badly: %v; it said: %s", err, out)
		}
	case <-time.After(limit):
		t.Fatal("it does not end")
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) != 0 {
		t.Errorf("it left %v, %v", left, err)
	}
	for _, at := range []string{rouse, mailbox} {
		if res, err := v.client.Get(at); err == nil {
			_ = res.Body.Close()
			t.Errorf("%s is answered after its end", at)
		}
	}
}
