package insight_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// feed is a database whose incidents change, and replicas that follow it.
type feed struct {
	db      *memory.DB
	now     time.Time
	missed  map[insight.MissedWhy]int
	hearing int
	late    []time.Duration
}

func (f *feed) Now() time.Time               { return f.now }
func (f *feed) Listening(n int)              { f.hearing = n }
func (f *feed) Told(late time.Duration)      { f.late = append(f.late, late) }
func (f *feed) Missed(why insight.MissedWhy) { f.missed[why]++ }
func viewer(name string) directory.Principal {
	return directory.Principal{Role: directory.Viewer, Actor: incident.Actor{Kind: incident.ByUser, ID: name, Name: name}}
}

func newFeed() *feed {
	return &feed{db: memory.New(nil), now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), missed: map[insight.MissedWhy]int{}}
}

// replica follows the feed and has looked at it.
func (f *feed) replica(t *testing.T) *insight.Follow {
	t.Helper()
	r := insight.NewFollow(insight.FollowConfig{
		Changes: memory.Atomic(f.db, (*memory.Tx).Changes), Clock: f, Metrics: f,
	})
	look(t, r)
	return r
}

func look(t *testing.T, r *insight.Follow) {
	t.Helper()
	for {
		n, err := r.RunOnce(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// change saves an incident n times.
func (f *feed) change(t *testing.T, number id.Incident, times int) {
	t.Helper()
	for range times {
		err := memory.Atomic(f.db, (*memory.Tx).Incidents)(t.Context(), func(ctx context.Context, r ports.Incidents) error {
			m, err := r.Lock(ctx, []id.Incident{number})
			s := m[number]
			s.Number, s.ID, s.UpdatedAt = number, fmt.Sprintf("id-%d", number), f.now
			return errors.Join(err, r.Save(ctx, []incident.Change{{State: s}}))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (f *feed) listen(t *testing.T, r *insight.Follow, cursor string) *insight.Listener {
	t.Helper()
	l, err := r.Do(t.Context(), viewer("vera"), cursor)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// heard puts into words what a listener has heard so far, and gives the last cursor.
func heard(l *insight.Listener) (words []string, cursor string) {
	say := func(h insight.Heard) {
		cursor = h.Cursor
		switch {
		case h.Missed != "":
			words = append(words, string(h.Missed))
		case h.Owned:
			words = append(words, "directory")
		case h.Changed != nil:
			words = append(words, fmt.Sprintf("%s %s v%d", h.Changed.Incident, h.Changed.ID, h.Changed.Version))
		default:
			words = append(words, "ready")
		}
	}
	for _, h := range l.First {
		say(h)
	}
	l.First = nil
	for {
		select {
		case h, ok := <-l.Events:
			if !ok {
				if last := l.Close(); last != nil {
					say(*last)
				}
				return append(words, "over"), cursor
			}
			say(h)
		default:
			return words, cursor
		}
	}
}

func expect(t *testing.T, l *insight.Listener, want ...string) (cursor string) {
	t.Helper()
	got, cursor := heard(l)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("heard %q, want %q", got, want)
	}
	return cursor
}

func TestEveryReplicaTellsEveryChange(t *testing.T) {
	t.Parallel()
	f := newFeed()
	f.change(t, 7, 1)
	a, b := f.replica(t), f.replica(t)
	la, lb := f.listen(t, a, ""), f.listen(t, b, "")
	f.change(t, 1, 1)
	f.change(t, 2, 1)
	f.change(t, 1, 2)
	f.now = f.now.Add(time.Second)
	look(t, a)
	look(t, b)
	for _, l := range []*insight.Listener{la, lb} {
		expect(t, l, "ready", "#2 id-2 v1", "#1 id-1 v3") // the newest version is enough
	}
	if len(f.late) != 4 || f.late[0] != time.Second || f.hearing != 1 {
		t.Errorf("lag %v, %d listeners", f.late, f.hearing)
	}
}

func TestEveryReplicaTellsThatWhatPeopleOwnWasChanged(t *testing.T) {
	t.Parallel()
	f := newFeed()
	edit := func() {
		err := memory.Atomic(f.db, (*memory.Tx).Catalog)(t.Context(), func(ctx context.Context, r ports.Catalog) error {
			return r.Apply(ctx, directory.Edit{Teams: []directory.Team{{ID: "t1", Name: "web"}}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	edit()
	a, b := f.replica(t), f.replica(t)
	la, lb := f.listen(t, a, ""), f.listen(t, b, "")
	edit()
	edit()
	f.change(t, 1, 1)
	for _, r := range []*insight.Follow{a, b} {
		look(t, r)
		look(t, r)
	}
	for _, l := range []*insight.Listener{la, lb} {
		expect(t, l, "ready", "directory", "#1 id-1 v1")
	}
}

func TestWhoeverComesBackMissesNothing(t *testing.T) {
	t.Parallel()
	f := newFeed()
	a, b := f.replica(t), f.replica(t)
	l := f.listen(t, a, "")
	f.change(t, 1, 1)
	look(t, a)
	cursor := expect(t, l, "ready", "#1 id-1 v1")
	l.Close()
	f.change(t, 2, 2)
	f.change(t, 3, 1)
	look(t, b)
	f.change(t, 4, 1) // no replica has seen it yet
	back := f.listen(t, b, cursor)
	look(t, b)
	cursor = expect(t, back, "ready", "#2 id-2 v2", "#3 id-3 v1", "#4 id-4 v1")
	ahead := f.listen(t, a, cursor) // this replica has not looked since
	look(t, a)
	if got, _ := heard(ahead); got[len(got)-1] != "#4 id-4 v1" {
		t.Errorf("heard %q: a replica that is behind tells again, and loses nothing", got)
	}
}

func TestACursorThatNobodyGaveOrTooOld(t *testing.T) {
	t.Parallel()
	f := newFeed()
	r := f.replica(t)
	empty := expect(t, f.listen(t, r, ""), "ready")
	expect(t, f.listen(t, r, empty), "ready")
	f.change(t, 1, 1)
	look(t, r)
	first := expect(t, f.listen(t, r, ""), "ready")
	f.change(t, 1, 2)
	look(t, r)
	expect(t, f.listen(t, r, first), "ready", "#1 id-1 v3")
	prune := insight.Prune{Clock: f, Holder: "a", Atomically: memory.Atomic(f.db, func(tx *memory.Tx) insight.PruneRepos {
		return insight.PruneRepos{Changes: tx.Changes(), Inbound: tx.Inbound(), Senders: tx.Senders(), Leases: tx.Leases()}
	})}
	later := func() {
		f.now = f.now.Add(59 * time.Minute)
		if _, err := prune.RunOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	later()
	expect(t, f.listen(t, r, first), "ready", "#1 id-1 v3")
	later()
	for _, cursor := range []string{first, empty, "x", "////", "OTk5LTk5OQ"} {
		cursor = expect(t, f.listen(t, r, cursor), "expired")
		expect(t, f.listen(t, r, cursor), "ready")
	}
	if n := f.missed[insight.MissedTooMuch]; n != 5 {
		t.Errorf("%d are counted", n)
	}
}

func TestWhoeverIsTooFarBehindIsToldSo(t *testing.T) {
	t.Parallel()
	f := newFeed()
	f.change(t, 5000, 1)
	r := f.replica(t)
	cursor := expect(t, f.listen(t, r, ""), "ready")
	slow, quick := f.listen(t, r, ""), f.listen(t, r, "")
	for n := range 1024 + 1 {
		f.change(t, id.Incident(n+1), 1)
		if n == 500 {
			look(t, r)
			heard(quick)
		}
	}
	look(t, r)
	if got, _ := heard(quick); len(got) != 1024-500 {
		t.Errorf("a listener that reads heard %d", len(got))
	}
	got, last := heard(slow)
	if len(got) != 1+1024+2 || got[1025] != "slow" {
		t.Errorf("a listener that does not read heard %d: %q", len(got), got[len(got)-2:])
	}
	expect(t, f.listen(t, r, last), "ready")
	expect(t, f.listen(t, r, cursor), "expired") // more than is told at once
}

func TestHowManyMayListen(t *testing.T) {
	t.Parallel()
	f := newFeed()
	r := f.replica(t)
	if _, err := r.Do(t.Context(), directory.Principal{}, ""); !fault.Is(err, fault.KindUnauthorized) {
		t.Errorf("nobody listens: %v", err)
	}
	var last *insight.Listener
	for range 16 {
		last = f.listen(t, r, "")
	}
	if _, err := r.Do(t.Context(), viewer("vera"), ""); fault.Of(err).Code != "stream.too_many" {
		t.Errorf("a 17th time: %v", err)
	}
	if _, err := r.Do(t.Context(), viewer("rita"), ""); err != nil || f.hearing != 17 {
		t.Errorf("somebody else: %v, %d listen", err, f.hearing)
	}
	last.Close()
	last.Close()
	last = f.listen(t, r, "")
	r.Stop()
	expect(t, last, "ready", "over")
	if _, err := r.Do(t.Context(), viewer("olga"), ""); fault.Of(err).Code != "stream.not_ready" || f.hearing != 0 {
		t.Errorf("after the stop: %v, %d listen", err, f.hearing)
	}
}

func TestAnotherDatabaseInTheOnesPlace(t *testing.T) {
	t.Parallel()
	f := newFeed()
	f.change(t, 1, 3)
	r := insight.NewFollow(insight.FollowConfig{Clock: f, Metrics: f, Changes: func(ctx context.Context, do func(context.Context, ports.Changes) error) error {
		return memory.Atomic(f.db, (*memory.Tx).Changes)(ctx, do)
	}})
	look(t, r)
	l := f.listen(t, r, "")
	f.db = memory.New(nil)
	f.change(t, 1, 1)
	look(t, r)
	cursor := expect(t, l, "ready", "restored", "over")
	l = f.listen(t, r, cursor)
	f.change(t, 1, 1)
	look(t, r)
	expect(t, l, "ready", "#1 id-1 v2")
}
