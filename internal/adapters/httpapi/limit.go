package httpapi

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// Limiter limits how often something is done by key. It is safe for many goroutines.
type Limiter struct {
	every rate.Limit
	burst int

	mu    sync.Mutex
	byKey map[string]*rate.Limiter
	swept time.Time
}

var _ admin.Limiter = (*Limiter)(nil)

// SignInLimiter allows 5 attempts at once and then one every 20 s, for each address and account.
func SignInLimiter() *Limiter { return newLimiter(rate.Every(20*time.Second), 5) }

// OriginLimiter allows an address 30 attempts at once and then one every 2 s, whatever the accounts: an office
// behind one address gets in, and whoever tries account after account does not.
func OriginLimiter() *Limiter { return newLimiter(rate.Every(2*time.Second), 30) }

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
	r := b.ReserveN(now, 1)
	if !r.OK() {
		return time.Minute, false
	}
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
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

// admit counts a request of an integration by its own limits, else by the defaults.
func (l *Limiter) admit(in *directory.Integration, def Rate) (time.Duration, bool) {
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
	if b, known := l.byKey[string(in.ID)]; known {
		b.ReserveN(time.Now(), min(more, b.Burst()))
	}
}
