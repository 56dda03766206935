package redis_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/rouse-oncall/rouse/internal/adapters/redis"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var t0 = time.Date(2026, 11, 22, 3, 0, 0, 123_456_000, time.UTC)

func open(t *testing.T, server *testkit.RedisServer) *redis.Client {
	t.Helper()
	c, err := redis.New(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func letter(n int) ports.Letter {
	return ports.Letter{
		Integration: "am", ReceivedAt: t0.Add(time.Duration(n) * time.Second),
		Signals: []alert.Signal{{
			Fingerprint: fmt.Sprint("f", n), Firing: true, StartsAt: t0.Add(-time.Minute), EndsAt: t0, Labels: map[string]string{"a": "b\x00ü"},
			Annotations: map[string]string{"c": "d"}, GeneratorURL: "http://prom", GroupKey: "g",
		}},
		Bad: []alert.Quarantined{{Reason: "no", Raw: "{"}},
	}
}

func put(t *testing.T, b *redis.Buffer, letters ...ports.Letter) {
	t.Helper()
	for _, l := range letters {
		if err := b.Put(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
}

func take(t *testing.T, b *redis.Buffer) []ports.Letter {
	t.Helper()
	letters, err := b.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLettersComeOutAsTheyWentInAndInOrder(t *testing.T) {
	t.Parallel()
	b := redis.NewBuffer(open(t, testkit.Redis(t, nil)), "one", 1000)
	if got := take(t, b); len(got) != 0 {
		t.Fatalf("an empty buffer gives %+v", got)
	}
	for n := range 150 {
		put(t, b, letter(n))
	}
	waiting, oldest, err := b.Waiting(t.Context())
	if ok(t, err); waiting != 150 || !oldest.Equal(t0) {
		t.Errorf("%d wait, the oldest since %s", waiting, oldest)
	}
	for n := 0; n < 150; {
		got := take(t, b)
		if len(got) == 0 {
			t.Fatalf("nothing after %d letters", n)
		}
		for _, l := range got {
			want := letter(n)
			want.ID, want.Tries = l.ID, 1
			if diff := cmp.Diff(want, l, cmpopts.EquateComparable(alert.Severity{})); diff != "" || l.ID == "" {
				t.Fatalf("letter %d (-want +got):\n%s", n, diff)
			}
			n++
		}
		ok(t, b.Done(t.Context(), got))
	}
	if waiting, _, err := b.Waiting(t.Context()); err != nil || waiting != 0 {
		t.Errorf("%d wait: %v", waiting, err)
	}
}

func TestOneServerTakesAndAnotherGoesOnWhereItDied(t *testing.T) {
	t.Parallel()
	server := testkit.Redis(t, nil)
	first, second := redis.NewBuffer(open(t, server), "first", 10), redis.NewBuffer(open(t, server), "second", 10)
	put(t, first, letter(0), letter(1))
	ids := func(letters []ports.Letter) string {
		var out []string
		for _, l := range letters {
			out = append(out, fmt.Sprint(l.Signals[0].Fingerprint, "/", l.Tries))
		}
		return strings.Join(out, " ")
	}
	if got := ids(take(t, first)); got != "f0/1 f1/1" {
		t.Fatalf("the first takes %q", got)
	}
	put(t, first, letter(2))
	if got := take(t, second); len(got) != 0 {
		t.Fatalf("the second takes %q beside the first", ids(got))
	}
	first.Leave(t.Context()) // as if its lease had run out; it says nothing of what it took
	got := take(t, second)
	if ids(got) != "f0/2 f1/2" {
		t.Fatalf("the second takes %q, want first what the first one took", ids(got))
	}
	ok(t, second.Done(t.Context(), got[:1]))
	ok(t, second.GiveBack(t.Context(), got[1:]))
	if got := ids(take(t, second)); got != "f1/2" {
		t.Fatalf("after giving back: %q, want the same try again", got)
	}
	for n := 3; n < 8; n++ {
		if got := ids(take(t, second)); got != fmt.Sprint("f1/", n) {
			t.Fatalf("try %d: %q", n, got)
		}
	}
}

// What kills its taker is found: those that were taken with it come alone then, and are done.
func TestWhatWasTakenTooOftenComesAlone(t *testing.T) {
	t.Parallel()
	b := redis.NewBuffer(open(t, testkit.Redis(t, nil)), "one", 10)
	put(t, b, letter(0), letter(1), letter(2))
	for range 3 {
		if n := len(take(t, b)); n != 3 {
			t.Fatalf("%d together", n)
		}
	}
	for range 3 {
		alone := take(t, b)
		if len(alone) != 1 || alone[0].Tries != 4 {
			t.Fatalf("%+v, want one alone, the fourth time", alone)
		}
		ok(t, b.Done(t.Context(), alone))
	}
}

func TestTheBufferIsBounded(t *testing.T) {
	t.Parallel()
	b := redis.NewBuffer(open(t, testkit.Redis(t, nil)), "one", 2)
	put(t, b, letter(0), letter(1))
	if err := b.Put(t.Context(), letter(2)); fault.Of(err).Code != "buffer.full" {
		t.Fatalf("the third of two: %v", err)
	}
	ok(t, b.Done(t.Context(), take(t, b)))
	put(t, b, letter(3))
}

// What was put is there after Redis was killed, and what was taken from it before is, too.
func TestLettersOutliveACrashOfRedis(t *testing.T) {
	t.Parallel()
	server := testkit.Redis(t, nil)
	b := redis.NewBuffer(open(t, server), "one", 1000)
	put(t, b, letter(0))
	if n := len(take(t, b)); n != 1 {
		t.Fatalf("%d taken", n)
	}
	put(t, b, letter(1), letter(2))
	ok(t, server.Kill())
	if err := b.Put(t.Context(), letter(3)); !fault.Is(err, fault.KindUnavailable) {
		t.Fatalf("put into a dead Redis: %v", err)
	}
	ok(t, server.Start())
	var got []string
	for len(got) < 3 {
		letters := take(t, b)
		if len(letters) == 0 {
			t.Fatalf("only %v are there", got)
		}
		for _, l := range letters {
			got = append(got, l.Signals[0].Fingerprint)
		}
		ok(t, b.Done(t.Context(), letters))
	}
	if s := strings.Join(got, " "); s != "f0 f1 f2" {
		t.Errorf("after the crash: %s", s)
	}
}

func TestAnUnreadableLetterSaysSo(t *testing.T) {
	t.Parallel()
	server := testkit.Redis(t, nil)
	b := redis.NewBuffer(open(t, server), "one", 10)
	for _, fields := range [][]string{{"foreign", "thing"}, {"at", "1", "integration", "am", "letter", "{\x00\xff"}} {
		if _, err := server.Ask(t.Context(), append([]string{"XADD", "{rouse}:buffer", "*"}, fields...)...); err != nil {
			t.Fatal(err)
		}
	}
	put(t, b, letter(1))
	got := take(t, b)
	if len(got) != 3 || got[0].Unreadable == "" || got[1].Unreadable == "" || got[2].Unreadable != "" {
		t.Fatalf("%+v", got)
	}
	if !strings.Contains(got[0].Raw, "thing") || got[1].Integration != "am" || strings.Contains(got[1].Raw, "\x00") || !utf8.ValidString(got[1].Raw) {
		t.Errorf("what people will see: %q of %q, %q of %q", got[0].Raw, got[0].Integration, got[1].Raw, got[1].Integration)
	}
}

// A Redis that would not keep what it is given takes nothing, and says what is to be set.
func TestWhatIsNotKeptIsNotTaken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]string
		words    string
		newer    bool // a Redis that has WAITAOF says itself what is on its disk, and keeps it
	}{
		"no file":                 {map[string]string{"appendonly": "no"}, "set appendonly yes", false},
		"flushed now or then":     {map[string]string{"appendfsync": "everysec"}, "set appendfsync always", true},
		"not while rewriting":     {map[string]string{"no-appendfsync-on-rewrite": "yes"}, "no-appendfsync-on-rewrite no", true},
		"may be thrown away":      {map[string]string{"maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"}, "set noeviction", false},
		"does not say":            {map[string]string{"rename-command": "CONFIG secret"}, "does not show its settings", true},
		"may throw what it likes": {map[string]string{"rename-command": "INFO secret"}, "does not show its maxmemory-policy", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testkit.Redis(t, c.settings)
			client := open(t, server)
			b := redis.NewBuffer(client, "one", 10)
			answer, err := server.Ask(t.Context(), "WAITAOF", "0", "0", "0")
			if ok(t, err); c.newer && !strings.Contains(answer, "unknown command") {
				put(t, b, letter(0))
				if s := client.Look(t.Context()); !s.Keeps {
					t.Errorf("it says %+v", s)
				}
				return
			}
			if err := b.Put(t.Context(), letter(0)); fault.Of(err).Code != "buffer.not_kept" {
				t.Errorf("put: %v", err)
			}
			if waiting, _, err := b.Waiting(t.Context()); err != nil || waiting != 0 {
				t.Errorf("%d are left in the buffer: %v", waiting, err)
			}
			if s := client.Look(t.Context()); s.Keeps || !s.Answers || !strings.Contains(s.Words, "degraded") || !strings.Contains(s.Words, c.words) {
				t.Errorf("it says %+v, want %q in it", s, c.words)
			}
		})
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	server := testkit.Redis(t, nil)
	client := open(t, server)
	if s := client.Look(t.Context()); !s.Answers || !s.Keeps {
		t.Errorf("one that is as it should be: %+v", s)
	}
	ok(t, server.Signal(syscall.SIGSTOP))
	began := time.Now()
	if s := client.Look(t.Context()); s.Answers || s.Keeps || !strings.Contains(s.Words, "does not answer") {
		t.Errorf("one that hangs: %+v", s)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %s to say so", took)
	}
	ok(t, server.Signal(syscall.SIGCONT))
}

func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"localhost:6379", "http://redis", "redis://host:port"} {
		if redis.Check(url) == nil {
			t.Errorf("%s is taken for an address", url)
		}
		if _, err := redis.New(url); err == nil {
			t.Errorf("%s: a client is made of it", url)
		}
	}
}
