package demo

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/smtp"
	"slices"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func planned(seed uint64) []time.Time {
	l := &life{rng: rand.New(rand.NewPCG(seed, 0)), quick: 1, week: weeksSince(start)}
	l.plan(start, start.Add(4*week))
	var at []time.Time
	for _, e := range l.queue {
		at = append(at, e.at)
	}
	return at
}

func TestTheSeedDecides(t *testing.T) {
	t.Parallel()
	one, again, other := planned(1), planned(1), planned(2)
	if !slices.Equal(one, again) {
		t.Error("the same seed gives another life")
	}
	if slices.Equal(one, other) {
		t.Error("another seed gives the same life")
	}
	if len(one) < 200 {
		t.Errorf("only %d events in four weeks", len(one))
	}
}

func TestCustomersAreAwakeInTheEvening(t *testing.T) {
	t.Parallel()
	evening, night := time.Date(2026, 3, 3, 19, 0, 0, 0, time.UTC), time.Date(2026, 3, 3, 2, 0, 0, 0, time.UTC)
	if traffic.weight(evening) <= traffic.weight(night) || nightly.weight(evening) >= nightly.weight(night) || always.weight(evening.Add(96*time.Hour)) >= 1 {
		t.Error("the hours are wrong")
	}
}

func TestEveryTroubleIsSomebodys(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		if !slices.ContainsFunc(teams, func(t team) bool { return t.name == k.team }) {
			t.Errorf("%s belongs to the team %q", k.alert, k.team)
		}
		if len(k.of) == 0 || k.labels["job"] == "" || k.lasts[0] >= k.lasts[1] || k.perWeek <= 0 {
			t.Errorf("%s is not whole", k.alert)
		}
	}
	for _, name := range outage {
		if !slices.ContainsFunc(kinds, func(k kind) bool { return k.alert == name }) {
			t.Errorf("an outage has the unknown %s", name)
		}
	}
}

func TestTheyTakeTurns(t *testing.T) {
	t.Parallel()
	if even, odd := inWeek(0), inWeek(1); even == odd || even != inWeek(2) || strings.Contains(even, "SHOP-") {
		t.Error("the weeks are wrong")
	}
	first, second := teams[0].onCall(3)
	if first != "ben@example.org" || second != "ana@example.org" {
		t.Errorf("in week 3 %s is before %s", first, second)
	}
}

func get(t *testing.T, url string) (page string, header http.Header, status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return string(b), res.Header, res.StatusCode
}

const hostile = "From: a@example.org\r\nTo: b@example.org\r\nSubject: <script>alert(1)</script>\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/alternative; boundary=x\r\n\r\n" +
	"--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nText <b>bold</b>\r\n" +
	"--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p id=\"p\">Hi<script>alert(2)</script>\r\n--x--\r\n"

func TestTheMailboxShowsWhatComesAndRunsNothing(t *testing.T) {
	t.Parallel()
	m, err := openMailbox(t.Context(), "127.0.0.1:0", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	url := "http://" + m.front.Addr().String()
	if page, _, _ := get(t, url); !strings.Contains(page, "There is none") {
		t.Errorf("an empty mailbox: %s", page)
	}
	if err := smtp.SendMail(m.inlet.Addr().String(), nil, "a@example.org", []string{"b@example.org"}, []byte(hostile)); err != nil {
		t.Fatal(err)
	}
	list, _, _ := get(t, url+"/?q=B@example")
	none, _, _ := get(t, url+"/?q=nobody")
	one, header, _ := get(t, url+"/mail/1")
	_, _, gone := get(t, url+"/mail/2")
	if !strings.Contains(list, `href="/mail/1"`) || strings.Contains(none, "/mail/1") || gone != http.StatusNotFound {
		t.Errorf("the list: %s\nof somebody else: %s", list, none)
	}
	for _, page := range []string{list, one} {
		if strings.Contains(page, "<script") || !strings.Contains(page, "&lt;script&gt;alert(1)") {
			t.Errorf("not as text: %s", page)
		}
	}
	if !strings.Contains(one, "Text &lt;b&gt;bold") || !strings.Contains(one, `sandbox="allow-popups allow-popups-to-escape-sandbox"`) || !strings.Contains(one, "Hi&lt;script&gt;alert(2)") {
		t.Errorf("the email: %s", one)
	}
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("its policy is %q", csp)
	}
}

func TestAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	addr, err := free(t.Context(), l.Addr().String())
	if err != nil || addr == l.Addr().String() || !strings.HasPrefix(addr, "127.0.0.1:") {
		t.Errorf("in place of %s: %s %v", l.Addr(), addr, err)
	}
	for addr, want := range map[string]string{"[::]:8080": "localhost:8080", "127.0.0.1:1": "localhost:1", "192.0.2.7:80": "192.0.2.7:80"} {
		if got := local(addr); got != want {
			t.Errorf("%s is reached at %s", addr, got)
		}
	}
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{{Weeks: -1, Pace: 1}, {Weeks: 61, Pace: 1}, {Weeks: 1}, {Weeks: 1, Pace: 1e6}} {
		if err := Run(t.Context(), cfg, io.Discard, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
}
