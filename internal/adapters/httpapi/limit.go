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
	byKey map[string]*bucket
	swept time.Time
}

type bucket struct {
	*rate.Limiter
	used time.Time
}

var _ admin.Limiter = (*Limiter)(nil)

// SignInLimiter allows 5 attempts at once and then one every 20 s, for each address and account.
func SignInLimiter() *Limiter { return newLimiter(rate.Every(20*time.Second), 5) }

func newLimiter(every rate.Limit, burst int) *Limiter {
	return &Limiter{every: every, burst: burst, byKey: make(map[string]*bucket)}
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
		b = &bucket{Limiter: rate.NewLimiter(every, burst)}
		l.byKey[key] = b
	}
	if b.Limit() != every || b.Burst() != burst {
		b.SetLimitAt(now, every)
		b.SetBurstAt(now, burst)
	}
	b.used = now
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

// sweep forgets keys that were not used for ten minutes: by then their buckets are full again, and
// whoever tries many keys must not fill the memory.
func (l *Limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for k, b := range l.byKey {
		if now.Sub(b.used) > 10*time.Minute {
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
