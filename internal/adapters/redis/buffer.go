package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	group    = "rouse"
	consumer = "taker" // one name for all: whoever holds the lease goes on where the last one stopped
	lease    = 15 * time.Second

	batch    = 100 // letters taken at once
	alone    = 3   // a letter that was taken so often comes alone: perhaps it is what kills its takers
	maxRaw   = 16 << 10
	fieldAt  = "at" // microseconds since 1970
	fieldOf  = "integration"
	fieldDoc = "letter"
)

// Buffer is a stream with a consumer group. One server at a time takes from it, under a lease, so that letters
// are worked in their order; what a taker that died had taken is pending in the group and comes first.
type Buffer struct {
	client *Client
	holder string
	most   int
}

var _ ports.Buffer = (*Buffer)(nil)

// NewBuffer keeps at most so many letters. holder is this server.
func NewBuffer(c *Client, holder string, most int) *Buffer { return &Buffer{c, holder, most} }

// document is a letter as it is kept. Fields are added, never changed: servers of two versions share a buffer.
type document struct {
	Signals []signal      `json:"signals,omitempty"`
	Bad     []quarantined `json:"bad,omitempty"`
}

type signal struct {
	Fingerprint  string            `json:"fingerprint"`
	Firing       bool              `json:"firing"`
	StartsAt     time.Time         `json:"starts_at,omitzero"`
	EndsAt       time.Time         `json:"ends_at,omitzero"`
	Labels       map[string]string `json:"labels,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	GeneratorURL string            `json:"generator_url,omitempty"`
	GroupKey     string            `json:"group_key,omitempty"`
}

type quarantined struct {
	Reason string `json:"reason"`
	Raw    string `json:"raw"`
}

func encode(l ports.Letter) (string, error) {
	var d document
	for i := range l.Signals {
		s := &l.Signals[i]
		d.Signals = append(d.Signals, signal{
			Fingerprint: s.Fingerprint, Firing: s.Firing, StartsAt: s.StartsAt, EndsAt: s.EndsAt,
			Labels: s.Labels, Annotations: s.Annotations, GeneratorURL: s.GeneratorURL, GroupKey: s.GroupKey,
		})
	}
	for _, q := range l.Bad {
		d.Bad = append(d.Bad, quarantined{q.Reason, q.Raw})
	}
	b, err := json.Marshal(d)
	return string(b), err
}

// decode reads an entry of the stream; what it cannot read it says.
func decode(m redis.XMessage) ports.Letter {
	text := func(field string) string { s, _ := m.Values[field].(string); return s }
	l := ports.Letter{ID: m.ID, Integration: id.Integration(text(fieldOf)), Tries: 1}
	at, err := strconv.ParseInt(text(fieldAt), 10, 64)
	var d document
	if err = errors.Join(err, json.Unmarshal([]byte(text(fieldDoc)), &d)); err != nil {
		raw := fmt.Sprint(m.Values)
		l.Unreadable, l.Raw = err.Error(), strings.ReplaceAll(strings.ToValidUTF8(raw[:min(len(raw), maxRaw)], ""), "\x00", "")
		return l
	}
	l.ReceivedAt = time.UnixMicro(at).UTC()
	for _, s := range d.Signals {
		l.Signals = append(l.Signals, alert.Signal{
			Fingerprint: s.Fingerprint, Firing: s.Firing, StartsAt: s.StartsAt, EndsAt: s.EndsAt,
			Labels: s.Labels, Annotations: s.Annotations, GeneratorURL: s.GeneratorURL, GroupKey: s.GroupKey,
		})
	}
	for _, q := range d.Bad {
		l.Bad = append(l.Bad, alert.Quarantined{Reason: q.Reason, Raw: q.Raw})
	}
	return l
}

// putScript adds an entry where there is room.
const putScript = `
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))`

// Put keeps a letter and waits until it is on Redis' disk.
func (b *Buffer) Put(ctx context.Context, l ports.Letter) error {
	doc, err := encode(l)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, onePut)
	defer cancel()
	var added *redis.Cmd
	kept, err := b.client.write(ctx, func(p redis.Pipeliner) {
		added = p.Eval(ctx, putScript, []string{keyStream}, b.most, fieldAt, l.ReceivedAt.UnixMicro(), fieldOf, string(l.Integration), fieldDoc, doc)
	})
	switch {
	case errors.Is(err, redis.Nil):
		return fault.Unavailable(10*time.Second, "buffer.full", "the database is away and its buffer is full; send the alerts again")
	case err != nil:
		return unavailable(err)
	case !kept.ok:
		cleanup(ctx, func(ctx context.Context) error { return b.client.c.XDel(ctx, keyStream, fmt.Sprint(added.Val())).Err() })
		return fault.Unavailable(time.Second, "buffer.not_kept", "the buffer would not outlive a crash, so it takes nothing").Because(errors.New(kept.words))
	}
	return nil
}

// leaseScript gives the lease to its holder, or to whoever asks where it is free.
const leaseScript = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`

// Take gives what was taken and is not done, else what is new.
func (b *Buffer) Take(ctx context.Context) ([]ports.Letter, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*oneCall)
	defer cancel()
	held, err := b.client.c.Eval(ctx, leaseScript, []string{keyLease}, b.holder, lease.Milliseconds()).Int()
	if err != nil || held == 0 {
		return nil, unavailable(err)
	}
	pending, err := b.pending(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	from, n := ">", int64(batch)
	if len(pending) > 0 {
		from = "0"
		if pending[0].RetryCount >= alone {
			n = 1
		}
	}
	streams, err := b.client.c.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: group, Consumer: consumer, Streams: []string{keyStream, from}, Count: n, Block: -1,
	}).Result()
	if err != nil || len(streams) == 0 {
		return nil, unavailable(err)
	}
	letters := make([]ports.Letter, 0, len(streams[0].Messages))
	for i, m := range streams[0].Messages {
		l := decode(m)
		if i < len(pending) && pending[i].ID == m.ID {
			l.Tries = int(pending[i].RetryCount) + 1
		}
		letters = append(letters, l)
	}
	return letters, nil
}

// pending are entries that were taken and are not done, with how often. Where there is no group yet it is made: the
// stream begins with the first letter, and with a Redis that has lost everything.
func (b *Buffer) pending(ctx context.Context) ([]redis.XPendingExt, error) {
	ask := &redis.XPendingExtArgs{Stream: keyStream, Group: group, Start: "-", End: "+", Count: batch}
	pending, err := b.client.c.XPendingExt(ctx, ask).Result()
	if err == nil || !strings.HasPrefix(err.Error(), "NOGROUP") {
		return pending, err
	}
	err = b.client.c.XGroupCreateMkStream(ctx, keyStream, group, "0").Err()
	if err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
		return nil, err
	}
	return nil, nil
}

// Done forgets letters.
func (b *Buffer) Done(ctx context.Context, letters []ports.Letter) error {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	ids := make([]string, 0, len(letters))
	for _, l := range letters {
		ids = append(ids, l.ID)
	}
	_, err := b.client.c.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.XAck(ctx, keyStream, group, ids...)
		p.XDel(ctx, keyStream, ids...)
		return nil
	})
	return unavailable(err)
}

// GiveBack sets the number of tries back. The letters stay pending: they are the next to be taken.
func (b *Buffer) GiveBack(ctx context.Context, letters []ports.Letter) error {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	_, err := b.client.c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, l := range letters {
			p.Do(ctx, "XCLAIM", keyStream, group, consumer, 0, l.ID, "RETRYCOUNT", l.Tries-1, "JUSTID")
		}
		return nil
	})
	return unavailable(err)
}

// Waiting counts what is not done.
func (b *Buffer) Waiting(ctx context.Context) (letters int, oldest time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	p := b.client.c.Pipeline()
	n, first := p.XLen(ctx, keyStream), p.XRangeN(ctx, keyStream, "-", "+", 1)
	if _, err := p.Exec(ctx); err != nil {
		return 0, time.Time{}, unavailable(err)
	}
	if len(first.Val()) > 0 {
		oldest = decode(first.Val()[0]).ReceivedAt
	}
	return int(n.Val()), oldest, nil
}

// Leave gives the lease up: another server may take at once.
func (b *Buffer) Leave(ctx context.Context) {
	const script = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`
	cleanup(ctx, func(ctx context.Context) error {
		return b.client.c.Eval(ctx, script, []string{keyLease}, b.holder).Err()
	})
}
