package store

import (
	"slices"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// cache keeps the newest committed states of the incidents that are busy: reading one whole costs more than
// all else that a join does. A state is used only where the locked row still has its version and time, so the
// database alone decides; the engine never changes a state that it was given. Where the database was away, another
// may be in its place, in which the same versions are other ones: then everything is read anew.
type cache struct {
	mu     sync.Mutex
	states map[id.Incident]incident.State
}

// cached bounds the cache: some 3 kB each.
const cached = 2048

// get gives those of the incidents that are known, whatever their version.
func (c *cache) get(numbers []id.Incident) map[id.Incident]incident.State {
	out := make(map[id.Incident]incident.State, len(numbers))
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range numbers {
		if s, ok := c.states[n]; ok {
			out[n] = s
		}
	}
	return out
}

// clear forgets everything.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.states)
}

// put keeps committed states; an older one, told late, does not replace a newer.
func (c *cache) put(states map[id.Incident]incident.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.states == nil {
		c.states = make(map[id.Incident]incident.State)
	}
	for n, s := range states {
		if s.Status == incident.Resolved() {
			delete(c.states, n)
			continue
		}
		if old, ok := c.states[n]; !ok || old.Version < s.Version {
			c.states[n] = s
		}
	}
	for n := range c.states {
		if len(c.states) <= cached {
			break
		}
		delete(c.states, n) // any: whoever is busy comes back
	}
}

// remember keeps a state as this transaction knows it, for later ones if it commits.
func (tx *Tx) remember(s incident.State) {
	if len(tx.loaded) == 0 {
		tx.AfterCommit(func() { tx.db.cache.put(tx.loaded) })
	}
	s.Timers = slices.Clone(s.Timers)
	for i := range s.Timers {
		s.Timers[i].Incident = s.Number
	}
	tx.loaded[s.Number] = s
}

// storedCore is a core as JSON without the zeros, which are most of it.
type storedCore struct {
	*incident.Core
	Firing    []int   `json:"firing,omitempty"`
	LastFired []int64 `json:"last_fired,omitempty"` // microseconds
}

func encodeCore(c *incident.Core) (string, error) {
	s := storedCore{Core: c}
	if c.Firing != ([len(c.Firing)]int{}) {
		s.Firing = c.Firing[:]
	}
	if c.LastFired != ([len(c.LastFired)]time.Time{}) {
		for _, t := range c.LastFired {
			s.LastFired = append(s.LastFired, micros(t))
		}
	}
	return encode(&s)
}

func decodeCore(text string, c *incident.Core) error {
	s := storedCore{Core: c}
	if err := decode(text, &s); err != nil {
		return err
	}
	copy(c.Firing[:], s.Firing)
	for i := range min(len(s.LastFired), len(c.LastFired)) {
		c.LastFired[i] = fromMicros(s.LastFired[i])
	}
	return nil
}
