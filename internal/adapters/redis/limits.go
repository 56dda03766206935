package redis

import (
	"context"
	"strconv"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// limitsTime is for how long the limits wait: they have an answer of their own.
const limitsTime = 500 * time.Millisecond

// useScript keeps for each key the moment at which it will be unused again, by Redis' clock in microseconds; all
// servers ask the same clock. Keys that are unused are forgotten.
const useScript = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
for i = 1, #ARGV, 3 do
	local free = math.max(now, tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or 0))
	redis.call('HSET', KEYS[1], ARGV[i], string.format('%.0f', free + ARGV[i+1] * 1000000 / ARGV[i+2]))
end
local all, out = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #all, 2 do
	local left = tonumber(all[i+1]) - now
	if left > 0 then
		out[#out+1] = all[i]
		out[#out+1] = string.format('%.0f', left)
	else
		redis.call('HDEL', KEYS[1], all[i])
	end
end
return out`

var _ ports.Limits = (*Client)(nil)

// Use adds what was used here and gives what is used everywhere, in one exchange.
func (c *Client) Use(ctx context.Context, used []ports.Used) (map[string]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, limitsTime)
	defer cancel()
	args := make([]any, 0, 3*len(used))
	for _, u := range used {
		args = append(args, u.Key, u.Times, u.PerSecond)
	}
	all, err := c.c.Eval(ctx, useScript, []string{keyLimits}, args...).StringSlice()
	if err != nil {
		return nil, unavailable(err)
	}
	out := make(map[string]time.Duration, len(all)/2)
	for i := 0; i+1 < len(all); i += 2 {
		left, err := strconv.ParseInt(all[i+1], 10, 64)
		if err != nil {
			return nil, unavailable(err)
		}
		out[all[i]] = time.Duration(left) * time.Microsecond
	}
	return out, nil
}
