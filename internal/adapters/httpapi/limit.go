package httpapi

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Limiter limits how often something is done by key. It is safe for many goroutines.
type Limiter struct {
	every rate.Limit
	burst int

	mu    sync.Mutex
	byKey map[string]*rate.Limiter
	swept time.Time

	shared bool                  // with other servers
	used   map[string]ports.Used // here, since the last time that the others were told
	unused map[string]time.Time  // when nothing of a limit will be used any more, by all servers' use
}

var _ admin.Limiter = (*Limiter)(nil)

// SignInLimiter allows 5 attempts at once and then one every 20 s, for each address and account.
func SignInLimiter() *Limiter { return newLimiter(rate.Every(20*time.Second), 5) }

// TestLimiter allows 3 test messages at once and then one every 20 s, for each contact and channel.
func TestLimiter() *Limiter { return newLimiter(rate.Every(20*time.Second), 3) }

// ReplyLimiter allows each number 6 answers at once, and then one every 5 min, to what it wrote and nobody
// understands: two machines could talk for ever.
func ReplyLimiter() *Limiter { return newLimiter(rate.Every(5*time.Minute), 6) }

// OriginLimiter allows an address 30 attempts at once and then one every 2 s, whatever the accounts: an office
// behind one address gets in, and whoever tries account after account does not.
func OriginLimiter() *Limiter { return newLimiter(rate.Every(2*time.Second), 30) }

// KeyLimiter limits what integrations send, each by its own rate.
func KeyLimiter() *Limiter { return newLimiter(0, 0) }

// mostKeys bounds the memory: beyond it new keys wait.
const mostKeys = 50_000

func newLimiter(every rate.Limit, burst int) *Limiter {
	return &Limiter{every: every, burst: burst, byKey: make(map[string]*rate.Limiter)}
}

// Allow says whether another one may be now, else how long to wait.
func (l *Limiter) Allow(key string) (wait time.Duration, ok bool) {
	return l.allow(key, l.every, l.burst)
}

func (l *Limiter) allow(key string, every rate.Limit, burst int) (time.Duration, bool) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	b, known := l.byKey[key]
	if !known {
		if len(l.byKey) >= mostKeys {
			return time.Minute, false
		}
		b = rate.NewLimiter(every, burst)
		l.byKey[key] = b
	}
	if b.Limit() != every || b.Burst() != burst {
		b.SetLimitAt(now, every)
		b.SetBurstAt(now, burst)
	}
	l.level(b, key, now)
	r := b.ReserveN(now, 1)
	if !r.OK() {
		return time.Minute, false
	}
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	if l.shared {
		l.use(key, 1, every)
	}
	return 0, true
}

// use notes for the other servers what was used here.
func (l *Limiter) use(key string, times int, every rate.Limit) {
	l.used[key] = ports.Used{Key: key, Times: l.used[key].Times + times, PerSecond: float64(every)}
}

// level takes from a bucket what other servers have taken from theirs, as far as that is known.
func (l *Limiter) level(b *rate.Limiter, key string, now time.Time) {
	left := l.unused[key].Sub(now)
	if left <= 0 || b.Burst() < 1 {
		return
	}
	everywhere := float64(b.Burst()) - left.Seconds()*float64(b.Limit())
	for gone := int(b.TokensAt(now) - everywhere); gone > 0; gone -= b.Burst() {
		b.ReserveN(now, min(gone, b.Burst()))
	}
}

// Share tells the other servers what was used here and hears what they used. It is called again and again, beside
// the requests: none waits for it. While it fails the limits are this server's own.
func (l *Limiter) Share(ctx context.Context, with ports.Limits) error {
	l.mu.Lock()
	used := slices.Collect(maps.Values(l.used))
	l.shared, l.used = true, map[string]ports.Used{}
	l.mu.Unlock()
	left, err := with.Use(ctx, used)
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unused = make(map[string]time.Time, len(left))
	for key, d := range left {
		l.unused[key] = now.Add(d)
	}
	return err
}

// sweep forgets keys whose buckets are full again, every minute, or every second where there is no room.
func (l *Limiter) sweep(now time.Time) {
	every := time.Minute
	if len(l.byKey) >= mostKeys {
		every = time.Second
	}
	if now.Sub(l.swept) < every {
		return
	}
	l.swept = now
	for k, b := range l.byKey {
		if b.TokensAt(now) >= float64(b.Burst()) {
			delete(l.byKey, k)
		}
	}
}

// Rate is how many requests an integration may send.
type Rate struct {
	PerSecond float64 // negative: no limit
	Burst     int
}

// DefaultRate is an integration's where nothing says otherwise: storms fit, loops do not.
func DefaultRate() Rate { return Rate{PerSecond: 100, Burst: 2000} }

// Admit counts a request of an integration by its own limits, else by the defaults; where it may not be now, it says
// how long to wait.
func (l *Limiter) Admit(in *directory.Integration, def Rate) (time.Duration, bool) {
	every, burst := def.PerSecond, def.Burst
	if in.RateLimit > 0 {
		every = in.RateLimit
	}
	if in.Burst > 0 {
		burst = in.Burst
	}
	if every < 0 {
		return 0, true
	}
	return l.allow(string(in.ID), rate.Limit(every), burst)
}

// alertsPerRequest is how many alerts a request may have and still count as one.
const alertsPerRequest = 10

// charge counts a request that was admitted by what it brought: one of many alerts is work as several are. It is
// taken all the same; what it has too much is owed, and what the integration sends next waits for it.
func (l *Limiter) charge(in *directory.Integration, alerts int) {
	more := (alerts - 1) / alertsPerRequest
	if more <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := string(in.ID)
	b, known := l.byKey[key]
	if !known {
		return
	}
	more = min(more, b.Burst())
	b.ReserveN(time.Now(), more)
	if l.shared {
		l.use(key, more, b.Limit())
	}
}
