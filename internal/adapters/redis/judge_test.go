package redis

import (
	"maps"
	"testing"
)

// Redis 7.2 and newer say what they have flushed; older ones are judged by their settings.
func TestJudge(t *testing.T) {
	t.Parallel()
	always := map[string]string{"appendonly": "yes", "appendfsync": "always", "no-appendfsync-on-rewrite": "no"}
	with := func(name, value string) map[string]string {
		m := maps.Clone(always)
		m[name] = value
		return m
	}
	const unbounded, bounded = "maxmemory:0\r\n", "# Memory\r\nmaxmemory:1\r\n"
	keeping := unbounded + "maxmemory_policy:noeviction\r\n"
	for name, c := range map[string]struct {
		memory         string
		settings       map[string]string
		asked, flushed bool
		want           bool
	}{
		"flushed, whatever the settings":          {keeping, with("appendfsync", "everysec"), true, true, true},
		"flushed, settings unknown":               {keeping, nil, true, true, true},
		"flushed, memory unknown":                 {"", always, true, true, false},
		"not flushed in time":                     {keeping, always, true, false, false},
		"old, always":                             {keeping, always, false, false, true},
		"old, now and then":                       {keeping, with("appendfsync", "everysec"), false, false, false},
		"old, not while rewriting":                {keeping, with("no-appendfsync-on-rewrite", "yes"), false, false, false},
		"old, no file":                            {keeping, with("appendonly", "no"), false, false, false},
		"old, settings unknown":                   {keeping, nil, false, false, false},
		"flushed, and may be thrown away":         {bounded + "maxmemory_policy:allkeys-lru\r\n", nil, true, true, false},
		"a policy that never acts: no bound":      {unbounded + "maxmemory_policy:allkeys-lru\r\n", always, false, false, true},
		"a policy for what has an end of its own": {bounded + "maxmemory_policy:volatile-lru\r\n", always, false, false, true},
	} {
		if got := judge(memoryOf(c.memory), c.settings, c.asked, c.flushed); got.ok != c.want || got.words == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
