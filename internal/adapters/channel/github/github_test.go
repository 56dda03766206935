package github_test

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/github"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func sender(t *testing.T, f *channeltest.GitHub) *github.Sender {
	t.Helper()
	s, err := github.New(github.Config{BaseURL: f.URL(), Token: channeltest.GitHubToken, Secret: "hook-secret"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			f := channeltest.NewGitHub(t)
			return sender(t, f), f
		},
		Descriptor: github.Descriptor(), Sure: true, Secrets: []string{channeltest.GitHubToken}, AsksToWait: true,
		Bad: []string{"", "acme", "acme/", "/ops", "acme/ops/x", "acme/..", "a b/c", "https://github.com/acme/ops", "acme/ops?x"},
	})
}

// asApp is a sender by an App, and the App as GitHub knows it.
func asApp(t *testing.T, f *channeltest.GitHub) (*github.Sender, channeltest.GitHubApp) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "app.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := github.Parse("http://12@" + strings.TrimPrefix(f.URL(), "http://") + "?installation=77&key=" + url.QueryEscape(file))
	if err != nil {
		t.Fatal(err)
	}
	s, err := github.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, channeltest.GitHubApp{ID: 12, Installation: 77, Key: &key.PublicKey}
}

func TestAnAppConforms(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			f := channeltest.NewGitHub(t)
			s, app := asApp(t, f)
			f.Install(app)
			return s, f
		},
		Descriptor: github.Descriptor(), Secrets: []string{"ghs_1"}, AsksToWait: true, Sure: true,
	})
}

// A token serves many requests. Where there is none nothing was written, and it is said whose fault that is.
func TestTokensOfAnApp(t *testing.T) {
	t.Parallel()
	f := channeltest.NewGitHub(t)
	s, app := asApp(t, f)
	refuse := func(change func(*channeltest.GitHubApp)) error {
		other := app
		change(&other)
		f.Install(other)
		_, err := s.Send(t.Context(), told("open", "", notification.EventOpened))
		return err
	}
	for name, change := range map[string]func(*channeltest.GitHubApp){
		"another App": func(a *channeltest.GitHubApp) { a.ID = 13 }, "not installed": func(a *channeltest.GitHubApp) { a.Installation = 78 },
		"suspended": func(a *channeltest.GitHubApp) { a.Refuse = http.StatusForbidden }, "another key": func(a *channeltest.GitHubApp) { a.Key = nil },
	} {
		err := refuse(change)
		if _, again := ports.RetryAfter(err); err == nil || again || ports.IsAmbiguous(err) || !strings.Contains(err.Error(), "the App 12 no token for the installation 77") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		err := refuse(func(a *channeltest.GitHubApp) { a.Refuse = status })
		if _, again := ports.RetryAfter(err); !again {
			t.Errorf("%d: %v", status, err)
		}
	}
	if len(f.Taken()) > 0 {
		t.Errorf("%+v", f.Taken())
	}
	f.Install(app)
	send(t, s, told("open", "", notification.EventOpened))
	send(t, s, told("acknowledged", "1", notification.EventAcknowledged))
	if f.Tokens() != 1 || len(f.Issues()) != 1 {
		t.Errorf("%d tokens, %+v", f.Tokens(), f.Issues())
	}
}

// told is an update about the suite's incident.
func told(status, post string, events ...notification.Event) ports.Outgoing {
	m := channeltest.Message("acme/ops")
	m.Purpose = notification.PurposeUpdate
	it := &m.Items[0]
	it.Status, it.Post, it.Runbook = status, post, "https://runbooks.example.org/errors"
	for _, e := range events {
		it.Events = append(it.Events, notification.Happened{Event: e, Text: string(e) + " by @ana", At: it.Since})
	}
	return m
}

func send(t *testing.T, s *github.Sender, m ports.Outgoing) ports.Receipt {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := s.Send(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnIssueLivesWithItsIncident(t *testing.T) {
	t.Parallel()
	f := channeltest.NewGitHub(t)
	s := sender(t, f)
	m := told("open", "", notification.EventOpened)
	m.Chosen.Options = map[string]string{"labels": "incident, sev1"}
	r := send(t, s, m)
	i := f.Issues()[0]
	if r.ProviderID != "1" || i.State != "open" || strings.Join(i.Labels, " ") != "rouse incident sev1" || len(i.Comments) != 0 {
		t.Fatalf("%+v, %+v", r, i)
	}
	for _, want := range []string{"<https://runbooks.example.org/errors>", "http://127.0.0.1:8080/i/4821", "· 1 alert since ", "<!-- rouse:01890a5d-ac96-774b-bcce-b302099a8057 -->"} {
		if !strings.Contains(i.Body, want) {
			t.Errorf("no %q in %s", want, i.Body)
		}
	}
	send(t, s, told("acknowledged", "1", notification.EventAcknowledged))
	send(t, s, told("resolved", "1", notification.EventNote, notification.EventResolved))
	if i = f.Issues()[0]; i.State != "closed" || len(i.Comments) != 2 || strings.Contains(i.Comments[0], "@ana") || !strings.Contains(i.Comments[1], "resolved by") {
		t.Errorf("%+v", i)
	}
	send(t, s, told("open", "1", notification.EventReopened))
	if all := f.Issues(); len(all) != 1 || all[0].State != "open" {
		t.Errorf("%+v", all)
	}
}

// Whatever is tried again, and whatever was lost on the way, there is one issue and each change is said once.
func TestOneIssueWhateverIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := channeltest.NewGitHub(t)
	s := sender(t, f)
	f.Script(channeltest.AcceptThenDrop())
	m := told("open", "", notification.EventOpened)
	if _, err := s.Send(t.Context(), m); !ports.IsAmbiguous(err) {
		t.Fatal(err)
	}
	m.Attempt, m.MayRepeat = 2, true
	if r := send(t, s, m); r.ProviderID != "1" || len(f.Issues()) != 1 {
		t.Fatalf("%+v: %+v", r, f.Issues())
	}
	f.Script(channeltest.AcceptThenDrop())
	m = told("acknowledged", "1", notification.EventAcknowledged)
	m.ID = "01890a5d-ac96-774b-bcce-b30209900001"
	if _, err := s.Send(t.Context(), m); !ports.IsAmbiguous(err) {
		t.Fatal(err)
	}
	m.Attempt = 2
	send(t, s, m)
	count := 0
	for _, c := range f.Issues()[0].Comments {
		count += strings.Count(c, "acknowledged by")
	}
	if count != 1 {
		t.Errorf("said %d times", count)
	}
}

func TestAnIssueThatWasDeletedIsOpenedAgain(t *testing.T) {
	t.Parallel()
	f := channeltest.NewGitHub(t)
	s := sender(t, f)
	send(t, s, told("open", ""))
	f.Forget()
	m := told("acknowledged", "1", notification.EventAcknowledged)
	_, err := s.Send(t.Context(), m)
	if _, again := ports.RetryAfter(err); !again {
		t.Fatalf("%v: nobody would try again", err)
	}
	m.Attempt = 2
	if send(t, s, m); len(f.Issues()) != 1 {
		t.Errorf("%+v", f.Issues())
	}
}

func TestWhatTheRuleDoesNotSelect(t *testing.T) {
	t.Parallel()
	f := channeltest.NewGitHub(t)
	s := sender(t, f)
	below := told("open", "")
	below.Items[0].Severity = alert.Warning()
	below.Chosen.Options = map[string]string{"severity": "error"}
	for name, m := range map[string]ports.Outgoing{"over": told("resolved", ""), "below": below} {
		if r := send(t, s, m); !strings.HasPrefix(r.Detail, "no issue") || r.ProviderID != "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if len(f.Issues()) != 0 {
		t.Errorf("%+v", f.Issues())
	}
	below.Items[0].Severity = alert.Error()
	send(t, s, below)
	if len(f.Issues()) != 1 {
		t.Error("what the rule selects has no issue")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	f := channeltest.NewGitHub(t)
	s := sender(t, f)
	f.Script(channeltest.Status(http.StatusForbidden, 0))
	_, err := s.Send(t.Context(), told("open", ""))
	if after, again := ports.RetryAfter(err); !again || after != time.Minute {
		t.Errorf("a secondary limit: %v, again %v after %v", err, again, after)
	}
	m := told("open", "")
	m.To = "acme/hidden"
	_, err = s.Send(t.Context(), m)
	if _, again := ports.RetryAfter(err); again || err == nil || !strings.Contains(err.Error(), "may not see it") {
		t.Errorf("a repository that one may not see: %v", err)
	}
	test := channeltest.Message("acme/ops")
	test.Purpose, test.Items = notification.PurposeTest, []notification.Item{{Text: "a test"}}
	if r := send(t, s, test); len(f.Issues()) != 0 || !strings.Contains(r.Detail, "has issues") {
		t.Errorf("a test: %+v", r)
	}
}

func TestReadHook(t *testing.T) {
	t.Parallel()
	s := sender(t, channeltest.NewGitHub(t))
	const closed = `{"action":"closed","issue":{"number":7,"state":"closed","closed_at":"2026-03-01T03:00:00Z","body":"x <!-- rouse:01890a5d-ac96-774b-bcce-b302099a8057 -->"},"repository":{"full_name":"acme/ops"},"sender":{"login":"ana"}}`
	read := func(event, content, secret string) (github.Closed, bool, error) {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(content))
		h := http.Header{}
		h.Set("X-GitHub-Event", event)
		h.Set("X-GitHub-Delivery", "d-1")
		h.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
		return s.ReadHook(h, []byte(content))
	}
	want := github.Closed{At: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC), Repo: "acme/ops", Issue: "7", Incident: "01890a5d-ac96-774b-bcce-b302099a8057", Delivery: "d-1", Login: "ana"}
	if c, ok, err := read("issues", closed, "hook-secret"); err != nil || !ok || c != want {
		t.Errorf("%+v, %v, %v", c, ok, err)
	}
	if _, _, err := read("issues", closed, "another"); err == nil {
		t.Error("a wrong signature is taken")
	}
	for event, content := range map[string]string{"ping": closed, "issues": strings.Replace(closed, `"closed"`, `"edited"`, 1)} {
		if _, ok, err := read(event, content, "hook-secret"); ok || err != nil {
			t.Errorf("%s: %v, %v", event, ok, err)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for raw, ok := range map[string]bool{
		"https://token:abc@api.github.com?secret=s": true, "https://12@api.github.com?installation=3&key=app.pem": true, "http://token:abc@127.0.0.1:1": true,
		"http://token:abc@api.github.com": false, "https://api.github.com": false, "https://12@api.github.com?installation=3": false, "github": false,
	} {
		c, err := github.Parse(raw)
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "abc@") {
			t.Errorf("%s: %+v, %v", raw, c, err)
		}
	}
}

// Which file it was, and what is wrong with it, is said without what is in it.
func TestAKeyThatIsNone(t *testing.T) {
	t.Parallel()
	junk := filepath.Join(t.TempDir(), "app.pem")
	if err := os.WriteFile(junk, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{junk: "what is in " + junk + " is none", junk + ".away": "no such file"} {
		if _, err := github.New(github.Config{App: 12, Installation: 3, KeyFile: file}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", file, err)
		}
	}
}
