package intake

import (
	"testing"
	"time"
)

// A database that takes a tenth of a millisecond for an alert gets groups of about 250, a slow one small groups, a
// quick one large ones; what is not full says nothing about the room.
func TestGroupsAreAsLargeAsIsCommittedSoon(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		each            time.Duration
		atLeast, atMost int
	}{
		{"usual", 100 * time.Microsecond, 180, 320},
		{"quick", 10 * time.Microsecond, maxGroup, maxGroup},
		{"slow", 10 * time.Millisecond, minGroup, minGroup},
	} {
		room := maxGroup
		for range 50 {
			room = nextRoom(room, room, time.Duration(room)*c.each)
		}
		if room < c.atLeast || room > c.atMost {
			t.Errorf("%s: groups of %d, want from %d to %d", c.name, room, c.atLeast, c.atMost)
		}
		for _, took := range []time.Duration{time.Millisecond, time.Second} {
			if got := nextRoom(room, 1, took); got != room {
				t.Errorf("%s: after one alert that was alone for %s the room is %d, want %d as before", c.name, took, got, room)
			}
		}
	}
	if room := nextRoom(minGroup, minGroup, time.Millisecond); room <= minGroup {
		t.Errorf("the room stays at %d when commits are quick again", room)
	}
}
