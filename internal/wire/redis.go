package wire

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/adapters/redis"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

const (
	lookEvery  = time.Second
	shareEvery = 200 * time.Millisecond // by how much servers may be mistaken about each other's use of limits
)

// sharing is what the server has of Redis.
type sharing struct {
	client *redis.Client
	buffer *redis.Buffer
	drain  *intake.Drain
	keys   *httpapi.Limiter
	state  atomic.Pointer[redis.State] // as last looked at
}

func newSharing(cfg Config, holder string) (*sharing, error) {
	if cfg.RedisURL == "" {
		return nil, nil //nolint:nilnil // nothing to share
	}
	client, err := redis.New(cfg.RedisURL)
	if err != nil {
		return nil, err
	}
	return &sharing{client: client, buffer: redis.NewBuffer(client, holder, cfg.BufferMax), keys: httpapi.KeyLimiter()}, nil
}

func (s *sharing) close() error {
	if st := s.state.Load(); st != nil && st.Answers {
		s.buffer.Leave(context.Background())
	}
	return s.client.Close()
}

// check says how Redis is. It makes nobody unready: all that it is for can be done without.
func (s *sharing) check() httpapi.Check {
	return httpapi.Check{Name: "redis", Advisory: true, Do: func(context.Context) (string, bool) {
		if st := s.state.Load(); st != nil {
			return st.Words, st.Keeps
		}
		return "was not asked yet", true
	}}
}

// lookAtRedis asks how Redis is, and says it in the log when that changes.
func (a *App) lookAtRedis(ctx context.Context) (int, error) {
	st := a.redis.client.Look(ctx)
	was := a.redis.state.Swap(&st)
	a.metrics.Redis(st.Keeps)
	switch {
	case was != nil && *was == st:
	case st.Keeps:
		a.log.Info("redis is well", "state", st.Words)
	default:
		a.log.Warn("redis is not well; nothing waits for it", "state", st.Words)
	}
	return 0, nil
}

// drainBuffer takes in what waits in the buffer. That Redis does not answer is said by whoever looks at it, and a
// letter that fails ends in quarantine: neither is a reason to send requests elsewhere.
func (a *App) drainBuffer(ctx context.Context) (int, error) {
	if a.redis == nil {
		return 0, nil
	}
	n, err := a.redis.drain.RunOnce(ctx)
	if err == nil {
		return n, nil
	}
	if !fault.Is(err, fault.KindUnavailable) {
		a.log.Error("alerts could not be taken from the buffer; they are tried again", "error", err)
	}
	return 0, nil
}

func (a *App) shareLimits(ctx context.Context) (int, error) {
	if err := a.redis.keys.Share(ctx, a.redis.client); err != nil && !fault.Is(err, fault.KindUnavailable) {
		return 0, err
	}
	return 0, nil
}

// keyLimiter limits integrations, together with other servers where there is a Redis.
func (a *App) keyLimiter() *httpapi.Limiter {
	if a.redis == nil {
		return httpapi.KeyLimiter()
	}
	return a.redis.keys
}
