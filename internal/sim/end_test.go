package sim

import (
	"testing"
	"testing/synctest"
	"time"
)

// A history may end at any moment, with a promise that is broken: everybody goes home, also who sleeps before another
// attempt. Otherwise the failure is a deadlock, and says nothing of the promise.
func TestAHistoryEndsAtAnyMoment(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t.Context(), seed)
			w.people()
			for i := range w.replicas {
				w.replicas[i] = w.start(i)
			}
			w.begin()
			w.until(w.now().Add(between(w.rng, time.Minute, 5*time.Minute)))
			w.outage()
			w.until(w.now().Add(between(w.rng, 0, 10*time.Second)))
			w.end()
		})
	}
}
