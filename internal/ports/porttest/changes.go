package porttest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Changes is the suite of ports.Changes.
func Changes(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Store){
		"every saved change is told in order":           toldInOrder,
		"what commits late is not passed over":          lateIsTold,
		"nobody misses anything while everybody writes": followedBusily,
		"the feed's beginning is pruned":                pruned,
		"never more than so many are kept":              prunedByNumber,
		"an empty feed":                                 emptyFeed,
		"an edit of what people own is another version": ownedVersion,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func (s Store) tail(t *testing.T, after ports.Place, limit int) (out []ports.Changed) {
	t.Helper()
	do(t, s.other(), func(ctx context.Context, r Repos) (err error) {
		out, err = r.Changes.Tail(ctx, after, limit)
		return err
	})
	return out
}

// whole gives the feed once it has n entries. A database's other users may keep it waiting: what is told ends
// where the oldest transaction under way begins, whoever's it is.
func (s Store) whole(t *testing.T, n int) (all []ports.Changed) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); len(all) != n; time.Sleep(time.Millisecond) {
		if all = s.tail(t, ports.Place{}, n+1); time.Now().After(deadline) {
			t.Fatalf("%d entries, not %d: %+v", len(all), n, all)
		}
	}
	return all
}

func (s Store) newest(t *testing.T) (p ports.Place) {
	t.Helper()
	do(t, s.First, func(ctx context.Context, r Repos) (err error) {
		p, err = r.Changes.Newest(ctx)
		return err
	})
	return p
}

func (s Store) holds(t *testing.T, p ports.Place) (ok bool) {
	t.Helper()
	do(t, s.First, func(ctx context.Context, r Repos) (err error) {
		ok, err = r.Changes.Holds(ctx, p)
		return err
	})
	return ok
}

// touch changes an incident.
func touch(ctx context.Context, r Repos, n id.Incident) error {
	m, err := r.Incidents.Lock(ctx, []id.Incident{n})
	if err != nil {
		return err
	}
	return r.Incidents.Save(ctx, []incident.Change{changed(m[n], "noted")})
}

func toldInOrder(t *testing.T, s Store) {
	n := openSome(t, s, 3)
	do(t, s.First, func(ctx context.Context, r Repos) error { return touch(ctx, r, n[1]) })
	got := s.whole(t, 4)
	if got[3].Incident != n[1] || got[3].Version != 2 || got[3].ID != state(n[1]).ID || !got[3].At.Equal(t0().Add(time.Second)) {
		t.Fatalf("the feed is %+v", got)
	}
	if !slices.IsSortedFunc(got, func(a, b ports.Changed) int { return a.Place.Compare(b.Place) }) || got[0].Place.Compare(ports.Place{}) <= 0 {
		t.Errorf("the feed is in another order: %+v", got)
	}
	if s.newest(t) != got[3].Place {
		t.Errorf("the newest is %v, not %v", s.newest(t), got[3].Place)
	}
	if some := s.tail(t, got[0].Place, 2); len(some) != 2 || some[0] != got[1] || some[1] != got[2] {
		t.Errorf("two after the first are %+v", some)
	}
	failed := s.First(t.Context(), func(ctx context.Context, r Repos) error { return errors.Join(touch(ctx, r, n[0]), errUndo) })
	if rest := s.tail(t, got[3].Place, 10); !errors.Is(failed, errUndo) || len(rest) != 0 {
		t.Errorf("what failed is told: %+v", rest)
	}
}

// lateIsTold: a transaction begins, another one begins later and ends first. Whoever reads between them must
// still be told of both.
func lateIsTold(t *testing.T, s Store) {
	if s.Second == nil {
		t.Skip("one program at a time")
	}
	n := openSome(t, s, 2)
	at := s.whole(t, 2)[1].Place
	var early []ports.Changed
	do(t, s.First, func(ctx context.Context, r Repos) error {
		if err := touch(ctx, r, n[0]); err != nil {
			return err
		}
		if _, err := r.Changes.Newest(ctx); err != nil { // what waits to be written is written before
			return err
		}
		do(t, s.Second, func(ctx context.Context, r Repos) error { return touch(ctx, r, n[1]) })
		early = s.tail(t, at, 10)
		return nil
	})
	if len(early) > 0 {
		at = early[len(early)-1].Place
	}
	s.whole(t, 4)
	told := map[id.Incident]bool{}
	for _, c := range append(early, s.tail(t, at, 10)...) {
		told[c.Incident] = true
	}
	if len(told) != 2 {
		t.Errorf("%v were told, want both of %v", told, n)
	}
}

// followedBusily: what a follower has been told in the end is the feed.
func followedBusily(t *testing.T, s Store) {
	n := openSome(t, s, 8)
	var wg sync.WaitGroup
	for w := range n {
		wg.Go(func() {
			for range 20 {
				again(t, []ports.Atomically[Repos]{s.First, s.other()}[w%2], func(ctx context.Context, r Repos) (func(), error) {
					return func() {}, touch(ctx, r, n[w])
				})
			}
		})
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	var told []ports.Changed
	follow := func() {
		at := ports.Place{}
		if len(told) > 0 {
			at = told[len(told)-1].Place
		}
		told = append(told, s.tail(t, at, 1000)...)
	}
	for busy := true; busy; {
		select {
		case <-ended:
			busy = false
		default:
		}
		follow()
	}
	all := s.whole(t, 8*21)
	if follow(); !slices.Equal(all, told) {
		t.Errorf("%d entries, %d were told", len(all), len(told))
	}
}

func (s Store) prune(t *testing.T, before time.Time, keep int64, limit int) (n int) {
	t.Helper()
	do(t, s.First, func(ctx context.Context, r Repos) (err error) {
		n, err = r.Changes.Prune(ctx, before, keep, limit)
		return err
	})
	return n
}

func pruned(t *testing.T, s Store) {
	n := openSome(t, s, 5)
	do(t, s.First, func(ctx context.Context, r Repos) error { return touch(ctx, r, n[0]) })
	all := s.whole(t, 6)
	if n := s.prune(t, t0(), 100, 10); n != 0 {
		t.Errorf("%d that are young enough are pruned", n)
	}
	if n := s.prune(t, t0().Add(time.Microsecond), 100, 2); n != 2 || s.holds(t, all[1].Place) || !s.holds(t, all[2].Place) {
		t.Errorf("%d of 2 are pruned", n)
	}
	if n := s.prune(t, t0().Add(time.Hour), 100, 10); n != 3 || !s.holds(t, all[5].Place) || s.newest(t) != all[5].Place {
		t.Errorf("%d of 3 are pruned: all but the newest", n)
	}
	if left := s.tail(t, ports.Place{}, 10); len(left) != 1 || left[0] != all[5] {
		t.Errorf("left is %+v", left)
	}
}

func prunedByNumber(t *testing.T, s Store) {
	openSome(t, s, 9)
	s.whole(t, 9)
	if n := s.prune(t, t0(), 4, 100); n != 5 || len(s.tail(t, ports.Place{}, 100)) != 4 {
		t.Errorf("%d of 9 are pruned where 4 are kept", n)
	}
}

func emptyFeed(t *testing.T, s Store) {
	if s.newest(t) != (ports.Place{}) || len(s.tail(t, ports.Place{}, 10)) != 0 || s.holds(t, ports.Place{Tx: 1, Seq: 1}) || s.prune(t, t0(), 0, 10) != 0 {
		t.Error("an empty feed has something")
	}
}

func ownedVersion(t *testing.T, s Store) {
	version := func() (v int64) {
		do(t, s.other(), func(ctx context.Context, r Repos) (err error) {
			v, err = r.Changes.Directory(ctx)
			return err
		})
		return v
	}
	before := version()
	apply(t, s, directory.Edit{Teams: []directory.Team{{ID: "t1", Name: "web"}}})
	if after := version(); after <= before || after != current(t, s).Version {
		t.Errorf("version %d after %d, the directory's is %d", after, before, current(t, s).Version)
	}
}
