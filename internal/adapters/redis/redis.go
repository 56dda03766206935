// Package redis keeps in Redis what servers share beside their database: the buffer that takes alerts while the
// database is away, and how much of each limit is used. Nothing here is the only copy of anything that was answered
// with a plain 2xx, and no alert waits for it while the database is well.
package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Everything lies under these keys. The braces keep them together where there are several servers of Redis.
const (
	keyStream = "{rouse}:buffer"
	keyLease  = "{rouse}:buffer:taker"
	keyLimits = "{rouse}:limits"
	keyLook   = "{rouse}:look"
)

const (
	oneCall  = 2 * time.Second // whoever waits for Redis has somebody waiting
	onePut   = 4 * time.Second // a disk may be busy, and a sender waits for twice as long
	syncing  = 1500            // milliseconds to wait for the append-only file, within a call
	dialTime = time.Second
)

// silent is the library's log: that Redis does not answer is said by us, once.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// Client is one Redis, version 7.0 or newer, or what speaks like it.
type Client struct{ c *redis.Client }

// Check says what is wrong with an address, in the reader's words.
func Check(url string) error {
	_, err := redis.ParseURL(url)
	if err != nil {
		return errors.New("it is not an address such as redis://:password@host:6379/0 (rediss for TLS)")
	}
	return nil
}

// New makes a client; it connects when it is used.
func New(url string) (*Client, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, Check(url)
	}
	redis.SetLogger(silent{})
	// Connections of before a restart of Redis are found dead one by one. Nothing is the worse for being done twice,
	// and each call has its time, however often it is tried.
	o.MaxRetries, o.MaxRetryBackoff, o.DialerRetries = 3, 50*time.Millisecond, 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = dialTime, onePut, onePut
	o.ContextTimeoutEnabled, o.DisableIdentity, o.Protocol = true, true, 2
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &Client{redis.NewClient(o)}, nil
}

// Close closes the connections.
func (c *Client) Close() error { return c.c.Close() }

// keeps says whether what Redis is given outlives a crash of it, and why.
type keeps struct {
	ok    bool
	words string
}

// required are the settings on which keeping stands; see judge.
func required() []string { return []string{"appendonly", "appendfsync", "no-appendfsync-on-rewrite"} }

// memory is what INFO says of what is thrown away for room. Who hides CONFIG, as hosted ones do, shows that.
type memory struct{ most, policy string }

func memoryOf(info string) (m memory) {
	for line := range strings.Lines(info) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(line), ":"); name {
		case "maxmemory":
			m.most = value
		case "maxmemory_policy":
			m.policy = value
		}
	}
	return m
}

// judge decides by the memory, by the settings, nil where Redis does not show them, and by what WAITAOF said: whether
// the append-only file of this Redis was flushed after the write, asked false where it does not know WAITAOF.
func judge(m memory, settings map[string]string, asked, flushed bool) keeps {
	switch {
	case m.policy == "":
		return keeps{words: "it does not show its maxmemory-policy (INFO memory), so nobody knows whether it throws the buffer away"}
	case m.most != "0" && strings.HasPrefix(m.policy, "allkeys-"):
		return keeps{words: "maxmemory-policy is " + m.policy + ", so it may throw the buffer away; set noeviction"}
	case asked && flushed:
		return keeps{true, "WAITAOF says what is on its disk"}
	case asked:
		return keeps{words: "it did not flush its append-only file in time; set appendonly yes, and appendfsync everysec or always"}
	case settings == nil:
		return keeps{words: "it is older than 7.2 (no WAITAOF) and does not show its settings (CONFIG GET), so nobody knows what it keeps"}
	case settings["appendonly"] != "yes":
		return keeps{words: "it keeps nothing on its disk; set appendonly yes and, before Redis 7.2, appendfsync always"}
	case settings["appendfsync"] != "always" || settings["no-appendfsync-on-rewrite"] == "yes":
		return keeps{words: "it is older than 7.2 (no WAITAOF) and flushes its disk only now and then; set appendfsync always and no-appendfsync-on-rewrite no"}
	}
	return keeps{true, "appendfsync is always"}
}

// State is how Redis is: whether it answers, whether it keeps what it is given, and that in words for everybody.
type State struct {
	Answers, Keeps bool
	Words          string
}

// Look asks Redis how it is. It writes a little: with nothing to wait for WAITAOF says yes at once.
func (c *Client) Look(ctx context.Context) State {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	k, err := c.write(ctx, func(p redis.Pipeliner) { p.Set(ctx, keyLook, "", 0) })
	if isReply(err) {
		return State{Answers: true, Words: "degraded: answers, but cannot be written: " + err.Error()}
	}
	if err != nil {
		return State{Words: "degraded: does not answer; alerts are refused while the database is away, and limits hold for each server alone"}
	}
	if !k.ok {
		return State{Answers: true, Words: "degraded: answers, but alerts are not buffered while the database is away: " + k.words}
	}
	return State{Answers: true, Keeps: true, Words: "answers and keeps what it is given: " + k.words}
}

// write does something in one exchange with the questions after it that tell whether it is kept.
func (c *Client) write(ctx context.Context, do func(p redis.Pipeliner)) (keeps, error) {
	var settings []*redis.MapStringStringCmd
	var wait *redis.IntSliceCmd
	p := c.c.Pipeline()
	do(p)
	info := p.Info(ctx, "memory")
	for _, name := range required() {
		settings = append(settings, p.ConfigGet(ctx, name))
	}
	wait = redis.NewIntSliceCmd(ctx, "waitaof", 1, 0, syncing)
	_ = p.Process(ctx, wait)
	cmds, err := p.Exec(ctx)
	if first := cmds[0].Err(); first != nil {
		return keeps{}, first
	}
	if err != nil && !isReply(err) {
		return keeps{}, err
	}
	var known map[string]string
	for _, s := range settings {
		if s.Err() != nil {
			known = nil
			break
		}
		if known == nil {
			known = map[string]string{}
		}
		for name, value := range s.Val() {
			known[name] = value
		}
	}
	asked := wait.Err() == nil || !strings.Contains(wait.Err().Error(), "unknown command")
	flushed := wait.Err() == nil && len(wait.Val()) > 0 && wait.Val()[0] >= 1
	return judge(memoryOf(info.Val()), known, asked, flushed), nil
}

// isReply: Redis answered, and said no.
func isReply(err error) bool {
	_, ok := errors.AsType[redis.Error](err)
	return ok
}

// cleanup is tried where a promise could not be kept: nobody waits for how it ends.
func cleanup(ctx context.Context, do func(ctx context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), oneCall)
	defer cancel()
	_ = do(ctx)
}

func unavailable(err error) error {
	if err == nil || errors.Is(err, redis.Nil) {
		return nil
	}
	return fault.Unavailable(time.Second, "buffer.away", "the buffer does not answer").Because(fmt.Errorf("redis: %w", err))
}
