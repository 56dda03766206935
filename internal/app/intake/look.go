package intake

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	// LookEvery is how often an integration's Alertmanagers are read.
	LookEvery = 30 * time.Second
	readLimit = 10 * time.Second // for one Alertmanager
	lookBatch = 100              // alerts in one transaction
	lookAtOne = 8                // integrations at a time

	// young is for how long after its start what an Alertmanager does not have says nothing: it forgot all that fired, and
	// a Prometheus that started with it tells of a rule again only after as long as the rule waits.
	young = 15 * time.Minute
)

// LookRepos is what a look reads and notes.
type LookRepos struct {
	Directory ports.Directory
	Looks     ports.Looks
	Leases    ports.Leases
	Facts     ports.IncidentFacts
}

// LookStore runs functions in one transaction each.
type LookStore struct {
	Read  ports.Atomically[LookRepos] // sees only
	Write ports.Atomically[LookRepos]
}

// Look reads the Alertmanagers that send: who silenced what there, and what is gone without a word. Alertmanager sends no
// resolve for what is silenced, and forgets some.
type Look struct {
	deps  Deps
	store LookStore
	from  ports.Alertmanagers

	holder string
	ours   string // how the comment of a silence begins that is ours

	mu      sync.Mutex
	failing map[id.Integration]map[string]bool // ids of incidents that could not be silenced there at the last look
}

// NewLook makes the use case. publicURL is where incidents are shown: by it our silences are known.
func NewLook(d Deps, store LookStore, from ports.Alertmanagers, holder, publicURL string) *Look {
	return &Look{deps: d, store: store, from: from, holder: holder, ours: oursAt(publicURL), failing: map[id.Integration]map[string]bool{}}
}

// turn is what is to be done now.
type turn struct {
	due   []*directory.Integration
	over  []id.Integration // that are read no more
	looks map[id.Integration]ports.Look
}

// RunOnce reads what is due, and says how many integrations that were. One server at a time does.
func (u *Look) RunOnce(ctx context.Context) (int, error) {
	now := u.deps.Clock.Now()
	t, err := u.turn(ctx, now)
	if err != nil || len(t.due)+len(t.over) == 0 {
		return 0, err
	}
	var mu sync.Mutex
	var failed error
	var working sync.WaitGroup
	room := make(chan struct{}, lookAtOne)
	for _, in := range t.due {
		room <- struct{}{}
		working.Go(func() {
			err := u.one(ctx, in, t.looks[in.ID])
			<-room
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
	}
	working.Wait()
	for _, i := range t.over {
		failed = errors.Join(failed, u.leave(ctx, i))
	}
	return len(t.due) + len(t.over), failed
}

// turn is empty where nothing is due, or another server does it.
func (u *Look) turn(ctx context.Context, now time.Time) (t turn, err error) {
	err = u.store.Read(ctx, func(ctx context.Context, r LookRepos) error {
		t = turn{}
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		if t.looks, err = r.Looks.All(ctx); err != nil {
			return err
		}
		for _, in := range snap.Integrations {
			if in.Reads() && now.Sub(t.looks[in.ID].At).Abs() >= LookEvery {
				t.due = append(t.due, in)
			}
		}
		for i := range t.looks {
			if in, ok := snap.Integrations[i]; !ok || !in.Reads() {
				t.over = append(t.over, i)
			}
		}
		return nil
	})
	if err != nil || len(t.due)+len(t.over) == 0 {
		return turn{}, err
	}
	mine := false
	err = u.store.Write(ctx, func(ctx context.Context, r LookRepos) (err error) {
		mine, err = r.Leases.Take(ctx, "alertmanagers", u.holder, now, now.Add(2*LookEvery))
		return err
	})
	if err != nil || !mine {
		return turn{}, err
	}
	return t, nil
}

// one looks at the Alertmanagers of one integration. An error is the database's: theirs are noted.
func (u *Look) one(ctx context.Context, in *directory.Integration, last ports.Look) error {
	began := u.deps.Clock.Now()
	p := u.read(ctx, in, began)
	firing, miscounted, err := u.firing(ctx, in.ID)
	if err != nil {
		return err
	}
	decide := func(a alert.Alert) (alert.Alert, bool) { return p.decide(a, last.Good) }
	if err := u.apply(ctx, in.ID, u.differing(firing, decide), miscounted, decide); err != nil {
		return err
	}
	if len(p.read) > 0 {
		err := u.keepSilences(ctx, in, &p)
		if err != nil {
			p.errors = append(p.errors, "silencing there: "+strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
	look := ports.Look{At: began, Good: last.Good, Error: strings.Join(p.errors, "; ")}
	if look.Error == "" {
		look.Good = began
	}
	if (look.Error == "") != (last.Error == "") && u.deps.Log != nil {
		u.deps.Log.Log(ctx, level(look.Error), "reading the Alertmanagers of an integration", "integration", in.Name, "failing", look.Error != "", "error", look.Error)
	}
	return u.store.Write(ctx, func(ctx context.Context, r LookRepos) error { return r.Looks.Note(ctx, in.ID, look) })
}

func level(failing string) slog.Level {
	if failing != "" {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// leave forgets what was read of an integration that is read no more: nothing of it mutes anybody.
func (u *Look) leave(ctx context.Context, i id.Integration) error {
	firing, miscounted, err := u.firing(ctx, i)
	if err != nil {
		return err
	}
	forget := func(a alert.Alert) (alert.Alert, bool) {
		a.Silence, a.ListedBy, a.Missed = alert.Silence{}, "", false
		return a, false
	}
	if err := u.apply(ctx, i, u.differing(firing, forget), miscounted, forget); err != nil {
		return err
	}
	return u.store.Write(ctx, func(ctx context.Context, r LookRepos) error { return r.Looks.Forget(ctx, i) })
}

// firing gives the alerts of an integration that fire, and their incidents that count other silences than they have.
func (u *Look) firing(ctx context.Context, i id.Integration) (list []alert.Alert, miscounted []id.Incident, err error) {
	err = u.store.Read(ctx, func(ctx context.Context, r LookRepos) (err error) {
		if list, err = r.Looks.Firing(ctx, i); err != nil {
			return err
		}
		of := map[id.Incident][]alert.Silence{}
		for _, a := range list {
			of[a.Incident] = append(of[a.Incident], a.Silence)
		}
		states, err := r.Facts.States(ctx, slices.Sorted(maps.Keys(of)))
		miscounted = nil
		for n, s := range states {
			if !s.MutedBy(of[n]) {
				miscounted = append(miscounted, n)
			}
		}
		return err
	})
	return list, miscounted, err
}

// decision says what a look makes of an alert that fires; gone: it is over.
type decision func(a alert.Alert) (after alert.Alert, gone bool)

// differing are the alerts of which a look makes something else.
func (u *Look) differing(firing []alert.Alert, decide decision) []alert.Key {
	var keys []alert.Key
	for _, a := range firing {
		after, gone := decide(a)
		if t := (&tracked{before: a, now: after}); gone || t.changed() {
			keys = append(keys, a.Key)
		}
	}
	return keys
}

// apply decides again under the locks, some alerts at a time, and then counts the silences of incidents again.
func (u *Look) apply(ctx context.Context, i id.Integration, keys []alert.Key, miscounted []id.Incident, decide decision) error {
	for some := range slices.Chunk(keys, lookBatch) {
		err := u.atomically(ctx, i, func(ctx context.Context, w *looking) error {
			if err := w.p.load(ctx, some); err != nil {
				return err
			}
			return w.run(ctx, decide)
		})
		if err != nil {
			return err
		}
	}
	for some := range slices.Chunk(miscounted, lookBatch) {
		err := u.atomically(ctx, i, func(ctx context.Context, w *looking) error {
			if err := w.p.lock(ctx, nil, some...); err != nil {
				return err
			}
			return w.mute(ctx, some)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *Look) atomically(ctx context.Context, i id.Integration, do func(ctx context.Context, w *looking) error) error {
	var changes []incident.Change
	err := u.deps.Atomically(ctx, func(ctx context.Context, r Repos) error {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		w := &looking{p: newPlacement(r, snap, u.deps.Clock.Now(), u.deps.NewID), gone: map[id.Incident]int{}, by: i}
		if err := do(ctx, w); err != nil {
			return err
		}
		changes, err = w.p.save(ctx)
		return err
	})
	if err == nil {
		u.deps.Committed(changes)
	}
	return err
}
