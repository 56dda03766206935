// Package memory keeps everything in maps: the same ports as the store, for simulation and tests.
package memory

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// DB is everything. Transactions run one after another; what a failed one did is undone.
type DB struct {
	mu     sync.Mutex
	expiry func(kind string) time.Duration

	counters    map[string]int64
	incidents   map[id.Incident]incident.State
	byID        map[string]id.Incident
	timeline    map[id.Incident][]incident.Entry
	history     map[id.Incident][]alert.Event
	correlation map[string]id.Incident
	alerts      map[alert.Key]alert.Alert
	timers      map[timerKey]incident.Timer
	pages       map[notification.PageKey]notification.Page // without their deliveries
	deliveries  map[int64]notification.Delivery
	lanes       map[notification.Lane]lane
	messages    map[id.Message]message
	catchUps    map[notification.Recipient]time.Time
	changes     []ports.Changed
	quarantine  map[string]alert.Quarantined
	leases      map[string]lease
	pulses      map[string]ports.Pulse
	heard       map[id.Integration]ports.Hearing
	senders     map[alert.Sender]alert.Run
	looks       map[id.Integration]ports.Look
	payloads    map[id.Integration][]ports.Payload
	paging      incident.Paging
	beat        time.Time
	upSince     time.Time
	directory   *directory.Snapshot
	edits       directory.Edit // all that is, as one edit
	editions    map[directory.Entity]directory.Edition
	accounts    accounts
	secrets     map[string]string
	inbound     map[string]taken
	linked      map[linkedKey]directory.Linked
	rooms       map[roomKey]directory.Room
}

type timerKey struct {
	incident id.Incident
	kind     incident.TimerKind
	subject  string
}

// lane is the queue of a contact or channel; nextAt is when somebody must look at it.
type lane struct {
	kind      string
	nextAt    time.Time // zero: not before a delivery comes
	notBefore time.Time
	state     notification.LaneState
}

type lease struct {
	holder string
	until  time.Time
}

// New makes an empty one; expiry is the default expiry of a channel kind and may be nil.
func New(expiry func(kind string) time.Duration) *DB {
	return &DB{
		expiry: expiry, counters: map[string]int64{},
		incidents: map[id.Incident]incident.State{}, byID: map[string]id.Incident{},
		timeline: map[id.Incident][]incident.Entry{}, history: map[id.Incident][]alert.Event{},
		correlation: map[string]id.Incident{}, alerts: map[alert.Key]alert.Alert{}, timers: map[timerKey]incident.Timer{},
		pages: map[notification.PageKey]notification.Page{}, deliveries: map[int64]notification.Delivery{},
		lanes: map[notification.Lane]lane{}, messages: map[id.Message]message{}, catchUps: map[notification.Recipient]time.Time{},
		quarantine: map[string]alert.Quarantined{}, leases: map[string]lease{}, pulses: map[string]ports.Pulse{},
		heard:    map[id.Integration]ports.Hearing{},
		senders:  map[alert.Sender]alert.Run{},
		looks:    map[id.Integration]ports.Look{},
		payloads: map[id.Integration][]ports.Payload{},
		secrets:  map[string]string{}, inbound: map[string]taken{}, linked: map[linkedKey]directory.Linked{}, rooms: map[roomKey]directory.Room{},
		accounts:  newAccounts(),
		directory: directory.NewSnapshot(1, directory.Settings{}, directory.Edit{}, expiry),
	}
}

// Tx is one transaction.
type Tx struct {
	db   *DB
	undo []func()
}

// Atomic gives a use case its transactions: bind makes its repositories of one.
func Atomic[R any](db *DB, bind func(tx *Tx) R) ports.Atomically[R] {
	return func(ctx context.Context, f func(context.Context, R) error) error {
		db.mu.Lock()
		defer db.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return err
		}
		tx := &Tx{db: db}
		err := protect(func() error { return f(ctx, bind(tx)) })
		if err != nil {
			tx.rollback()
		}
		return err
	}
}

// protect turns a panic into an error, as the store does.
func protect(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

func (tx *Tx) rollback() {
	for i := len(tx.undo) - 1; i >= 0; i-- {
		tx.undo[i]()
	}
}

// put writes one entry of one of the maps.
func put[K comparable, V any](tx *Tx, m map[K]V, k K, v V) {
	keep(tx, m, k)
	m[k] = v
}

// drop removes one entry.
func drop[K comparable, V any](tx *Tx, m map[K]V, k K) {
	keep(tx, m, k)
	delete(m, k)
}

// keep remembers an entry for rollback.
func keep[K comparable, V any](tx *Tx, m map[K]V, k K) {
	old, had := m[k]
	tx.undo = append(tx.undo, func() {
		if had {
			m[k] = old
		} else {
			delete(m, k)
		}
	})
}

// assign writes one field.
func assign[V any](tx *Tx, field *V, v V) {
	old := *field
	tx.undo = append(tx.undo, func() { *field = old })
	*field = v
}

// next counts.
func (tx *Tx) next(counter string) int64 {
	put(tx, tx.db.counters, counter, tx.db.counters[counter]+1)
	return tx.db.counters[counter]
}
