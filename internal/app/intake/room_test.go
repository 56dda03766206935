package intake

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
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

// Quiet senders never wait for a flood's full group, and never keep a flood waiting for more than one of theirs.
func TestTheQuietGoInTurnWithAFlood(t *testing.T) {
	t.Parallel()
	r := &Receive{room: 100, queues: map[id.Integration][]*request{}, wake: make(chan struct{}, 1)}
	send := func(from string, n int) {
		t.Helper()
		if err := r.enqueue(&request{integration: id.Integration(from), items: make([]item, n)}); err != nil {
			t.Fatal(err)
		}
	}
	take := func() string {
		var got []string
		for _, p := range r.take() {
			got = append(got, fmt.Sprintf("%s %d", p.of.integration, len(p.items)))
			p.of.flying = false
		}
		slices.Sort(got)
		return fmt.Sprint(got)
	}
	for range 10 {
		send("flood", 90)
	}
	var got []string
	for i := range 4 {
		send(fmt.Sprint("quiet", i), 1)
		send(fmt.Sprint("large", i), minGroup+1) // not quiet: it takes its turn with the flood
		got = append(got, take())
	}
	want := []string{"[quiet0 1]", "[flood 90 large0 10]", "[quiet1 1 quiet2 1]", "[flood 67 large1 33]"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("groups of\n%s\nwant\n%s", got, want)
	}
	r = &Receive{room: 100, queues: map[id.Integration][]*request{}, wake: make(chan struct{}, 1)}
	send("a", 90)
	send("b", 1)
	if got := take(); got != "[a 90 b 1]" {
		t.Errorf("all fits into one group, and yet it has only %s", got)
	}
}
