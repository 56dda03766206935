package insight

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Limits of following.
const (
	perPerson  = 16   // listeners of one person or token on this replica
	everybody  = 1000 // listeners on this replica
	lookAtOnce = 1000 // entries in one look at the feed, and what a listener may catch up on
	waiting    = 1024 // events that a listener may be behind
)

// Follow tells whoever listens which incidents change, on whatever replica. It looks at the feed once for all
// listeners; none of them can hold up another.
type Follow struct {
	cfg FollowConfig

	mu        sync.Mutex
	looked    bool        // at is known
	at        ports.Place // up to where everybody was told
	owned     int64       // the version of what people own that everybody was told of
	stopped   bool
	listeners map[*Listener]struct{}
	people    map[incident.Actor]int // how many listeners each has
}

// FollowConfig is what a Follow needs.
type FollowConfig struct {
	Changes ports.Atomically[ports.Changes] // only read
	Clock   ports.Clock
	Metrics FollowMetrics
}

// FollowMetrics hears what is counted.
type FollowMetrics interface {
	Listening(n int)
	// Told: listeners could hear of a change this long after it was decided.
	Told(late time.Duration)
	// Missed: a listener must look at everything anew, because of that.
	Missed(why MissedWhy)
}

// MissedWhy says why a listener cannot be told what it missed.
type MissedWhy string

// The reasons.
const (
	MissedTooMuch MissedWhy = "expired"  // the cursor is unknown, too old, or too far behind
	MissedSlow    MissedWhy = "slow"     // it does not read as fast as things change
	MissedAway    MissedWhy = "restored" // another database is in the place of the one before
)

// NewFollow gives one that has not looked yet.
func NewFollow(cfg FollowConfig) *Follow {
	return &Follow{cfg: cfg, listeners: map[*Listener]struct{}{}, people: map[incident.Actor]int{}}
}

// Heard is one thing that a listener is told. Cursor is where to go on after it.
type Heard struct {
	Cursor  string
	Changed *ports.Changed // nil: only where the listener stands
	Owned   bool           // what people own was changed; whoever was away must look by themselves
	Missed  MissedWhy      // "": nothing
}

// Listener hears of changes by Events, after those of First. When Events is closed, Close says why.
type Listener struct {
	First  []Heard
	Events <-chan Heard

	f      *Follow
	who    incident.Actor
	events chan Heard
	last   *Heard // of one that was cut off
}

// Do lets somebody listen: from now on, or from a cursor that an earlier listener was given, on whatever replica.
// Close the listener. fault.Limited: too many of them.
func (f *Follow) Do(ctx context.Context, by directory.Principal, cursor string) (*Listener, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, err
	}
	l, from, err := f.join(by.Actor)
	if err != nil {
		return nil, err
	}
	if l.First, err = f.catchUp(ctx, cursor, from); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// join gives a listener that hears of all that comes after a place.
func (f *Follow) join(who incident.Actor) (*Listener, ports.Place, error) {
	who.Name = ""
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.stopped || !f.looked:
		return nil, f.at, fault.Unavailable(time.Second, "stream.not_ready", "the server is starting or stopping")
	case f.people[who] >= perPerson:
		return nil, f.at, fault.Limited(10*time.Second, "stream.too_many", "you listen %d times already: close some pages", perPerson)
	case len(f.listeners) >= everybody:
		return nil, f.at, fault.Unavailable(10*time.Second, "stream.full", "as many listen here as can")
	}
	l := &Listener{f: f, who: who, events: make(chan Heard, waiting)}
	l.Events = l.events
	f.listeners[l] = struct{}{}
	f.people[who]++
	f.cfg.Metrics.Listening(len(f.listeners))
	return l, f.at, nil
}

// catchUp gives what happened after the cursor and up to where the listener joined.
func (f *Follow) catchUp(ctx context.Context, cursor string, from ports.Place) ([]Heard, error) {
	if cursor == "" {
		return []Heard{{Cursor: encodePlace(from)}}, nil
	}
	anew := []Heard{{Cursor: encodePlace(from), Missed: MissedTooMuch}}
	p, err := decodePlace(cursor)
	if err != nil {
		f.cfg.Metrics.Missed(MissedTooMuch)
		return anew, nil //nolint:nilerr // what nobody gave is answered as what is too old
	}
	var missed []ports.Changed
	ok := false
	err = f.cfg.Changes(ctx, func(ctx context.Context, r ports.Changes) error {
		var err error
		if ok, err = held(ctx, r, p); err == nil && ok {
			missed, err = r.Tail(ctx, p, lookAtOnce)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	// What is told to all later is told to this one then.
	joined := slices.IndexFunc(missed, func(c ports.Changed) bool { return c.Place.Compare(from) > 0 })
	switch {
	case !ok || joined < 0 && len(missed) == lookAtOnce:
		f.cfg.Metrics.Missed(MissedTooMuch)
		return anew, nil
	case joined >= 0:
		missed = missed[:joined]
	}
	out := []Heard{{Cursor: cursor}}
	for _, c := range newestOfEach(missed) {
		out = append(out, Heard{Cursor: encodePlace(c.Place), Changed: &c})
	}
	return out, nil
}

// held: everything after a place is there.
func held(ctx context.Context, r ports.Changes, p ports.Place) (bool, error) {
	if p == (ports.Place{}) {
		newest, err := r.Newest(ctx)
		return newest == p, err
	}
	return r.Holds(ctx, p)
}

// RunOnce looks at the feed and tells everybody what is new; it says how much that was. It is for one goroutine.
func (f *Follow) RunOnce(ctx context.Context) (int, error) {
	var news []ports.Changed
	var newest ports.Place
	var owned int64
	var goesOn bool
	f.mu.Lock()
	at, looked := f.at, f.looked
	f.mu.Unlock()
	err := f.cfg.Changes(ctx, func(ctx context.Context, r ports.Changes) error {
		var err error
		if owned, err = r.Directory(ctx); err != nil {
			return err
		}
		if goesOn = looked && at == (ports.Place{}); !goesOn {
			// Another database may be in the place of the one before: a restored backup, a standby that lacked the end.
			if goesOn, err = held(ctx, r, at); err != nil {
				return err
			}
		}
		if goesOn {
			news, err = r.Tail(ctx, at, lookAtOnce)
		} else {
			newest, err = r.Newest(ctx)
		}
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case !goesOn:
		f.restart(newest, owned)
		return 0, nil
	}
	f.tell(news, owned)
	return len(news), nil
}

// restart goes on at another place, and nobody knows what was before it.
func (f *Follow) restart(at ports.Place, owned int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.owned, f.looked = at, owned, true
	for l := range f.listeners {
		f.cut(l, MissedAway)
	}
}

func (f *Follow) tell(news []ports.Changed, owned int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looked = true
	if owned != f.owned {
		f.owned = owned
		f.toAll(Heard{Cursor: encodePlace(f.at), Owned: true})
	}
	if len(news) == 0 {
		return
	}
	f.at = news[len(news)-1].Place
	now := f.cfg.Clock.Now()
	for _, c := range newestOfEach(news) {
		f.cfg.Metrics.Told(now.Sub(c.At))
		f.toAll(Heard{Cursor: encodePlace(c.Place), Changed: &c})
	}
}

func (f *Follow) toAll(h Heard) {
	for l := range f.listeners {
		select {
		case l.events <- h:
		default:
			f.cut(l, MissedSlow)
		}
	}
}

// cut ends a listener that must look at everything anew.
func (f *Follow) cut(l *Listener, why MissedWhy) {
	l.last = &Heard{Cursor: encodePlace(f.at), Missed: why}
	f.cfg.Metrics.Missed(why)
	f.leave(l)
}

func (f *Follow) leave(l *Listener) {
	if _, ok := f.listeners[l]; !ok {
		return
	}
	delete(f.listeners, l)
	if f.people[l.who]--; f.people[l.who] == 0 {
		delete(f.people, l.who)
	}
	close(l.events)
	f.cfg.Metrics.Listening(len(f.listeners))
}

// Close ends listening, and gives what a listener that was cut off must know yet; else nil.
func (l *Listener) Close() *Heard {
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	l.f.leave(l)
	return l.last
}

// Stop ends all listeners and lets nobody listen any more.
func (f *Follow) Stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	for l := range f.listeners {
		f.leave(l)
	}
}

// newestOfEach leaves out what a later change of the same incident replaces.
func newestOfEach(all []ports.Changed) []ports.Changed {
	last := make(map[id.Incident]int, len(all))
	for i, c := range all {
		last[c.Incident] = i
	}
	out := make([]ports.Changed, 0, len(last))
	for i, c := range all {
		if last[c.Incident] == i {
			out = append(out, c)
		}
	}
	return out
}

func encodePlace(p ports.Place) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d-%d", p.Tx, p.Seq))
}

func decodePlace(cursor string) (p ports.Place, err error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		_, err = fmt.Sscanf(string(b), "%d-%d", &p.Tx, &p.Seq)
	}
	return p, err
}
