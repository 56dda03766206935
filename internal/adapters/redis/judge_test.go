package redis

import "testing"

// Redis 7.2 and newer say what they have flushed; older ones are judged by their settings.
func TestJudge(t *testing.T) {
	t.Parallel()
	always := map[string]string{"appendonly": "yes", "appendfsync": "always", "no-appendfsync-on-rewrite": "no", "maxmemory": "0", "maxmemory-policy": "noeviction"}
	with := func(name, value string) map[string]string {
		m := map[string]string{}
		for k, v := range always {
			m[k] = v
		}
		m[name] = value
		return m
	}
	evicting := with("maxmemory-policy", "allkeys-lru")
	evicting["maxmemory"] = "1"
	for name, c := range map[string]struct {
		settings       map[string]string
		asked, flushed bool
		want           bool
	}{
		"flushed, whatever the settings":          {with("appendfsync", "everysec"), true, true, true},
		"flushed, settings unknown":               {nil, true, true, true},
		"not flushed in time":                     {always, true, false, false},
		"old, always":                             {always, false, false, true},
		"old, now and then":                       {with("appendfsync", "everysec"), false, false, false},
		"old, not while rewriting":                {with("no-appendfsync-on-rewrite", "yes"), false, false, false},
		"old, no file":                            {with("appendonly", "no"), false, false, false},
		"old, settings unknown":                   {nil, false, false, false},
		"flushed, and may be thrown away":         {evicting, true, true, false},
		"a policy that never acts: no bound":      {with("maxmemory-policy", "allkeys-lru"), false, false, true},
		"a policy for what has an end of its own": {with("maxmemory-policy", "volatile-lru"), false, false, true},
	} {
		if got := judge(c.settings, c.asked, c.flushed); got.ok != c.want || got.words == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
