package demo

import (
	"sync"
	"time"
)

// clock stands in the past until it is let go; from then on it is this machine's.
type clock struct {
	mu   sync.Mutex
	at   time.Time
	live bool
}

// Now is for decisions.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live {
		return time.Now()
	}
	return c.at
}

// set moves it on; it never goes back.
func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.at) {
		c.at = t
	}
}

func (c *clock) letGo() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live = true
}
