package store

import (
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func TestTheCacheKeepsTheNewestAndIsBounded(t *testing.T) {
	t.Parallel()
	var c cache
	state := func(n id.Incident, version int64) map[id.Incident]incident.State {
		return map[id.Incident]incident.State{n: {Number: n, Version: version}}
	}
	c.put(state(1, 5))
	c.put(state(1, 4)) // told late
	if v := c.get([]id.Incident{1, 2})[1].Version; v != 5 {
		t.Errorf("version %d, want 5", v)
	}
	for n := range id.Incident(3 * cached) {
		c.put(state(n, 9))
	}
	if len(c.states) > cached {
		t.Errorf("%d states are kept, want at most %d", len(c.states), cached)
	}
	over := state(7, 10)
	s := over[7]
	s.Status = incident.Resolved()
	over[7] = s
	c.put(over)
	if len(c.get([]id.Incident{7})) != 0 {
		t.Error("a resolved incident is kept")
	}
}
