// Package engine is what the store asks of a database: transactions, statements over many rows,
// and the few things in which SQLite and PostgreSQL differ. SQL is one text for both; see Rewrite.
package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// Lane orders writers where there is only one: the engine before people before intake.
type Lane int

// The lanes, most urgent first.
const (
	EngineLane Lane = iota // timers, deliveries: what wakes people
	PeopleLane             // what somebody waits for at a screen
	IntakeLane             // alerts
	Lanes      = 3
)

// String is the lane's name in metrics.
func (l Lane) String() string { return [...]string{"engine", "people", "intake"}[l] }

// Engine is one kind of database, opened and migrated.
type Engine interface {
	// Write runs f in a transaction; nil means that COMMIT succeeded. Errors are those of package ports
	// (ErrStale, ErrRefused, ErrUnknownOutcome), fault.Unavailable, or f's own.
	Write(ctx context.Context, lane Lane, f func(Session) error) error
	// Read runs f on one unchanging picture of the database, which it cannot write.
	Read(ctx context.Context, f func(Session) error) error
	// Peek runs f, which only reads, where what wakes people reads: nothing of people's screens is in its way.
	Peek(ctx context.Context, f func(Session) error) error
	// Now is the database's clock.
	Now(ctx context.Context) (time.Time, error)
	Close() error
}

// Doubt is a way in which a database, as it is set up, may lose what it has committed.
type Doubt struct {
	Words     string
	Unflushed bool // COMMIT does not wait for the disk
}

// Doubter is an engine whose database can be set up so that it loses what it has committed.
type Doubter interface {
	// Doubts says in words by what; nothing where all is as it should be.
	Doubts(ctx context.Context) ([]Doubt, error)
}

// Copier is an engine whose database can copy itself into a file as of one moment.
type Copier interface {
	// CopyTo makes the file, which must not exist.
	CopyTo(ctx context.Context, path string) error
}

// Scan reads the current row into dest.
type Scan func(dest ...any) error

// Session is one transaction's way to the database. Statements use $1, $2, … and the words of Rewrite;
// []int64 and []string are arguments for {in}.
type Session interface {
	// Exec gives the number of rows affected.
	Exec(ctx context.Context, query string, args ...any) (int64, error)
	// Query calls each for every row. No other statement may run meanwhile.
	Query(ctx context.Context, query string, each func(Scan) error, args ...any) error
	// QueryRows runs a statement over many rows that gives rows, in any order.
	QueryRows(ctx context.Context, b *Batch, each func(Scan) error) error
	// Send runs statements in order. The database may hear of them later, together with the transaction's next
	// statement or its end, which then gives their error. Batches without rows are left out.
	Send(ctx context.Context, batches ...*Batch) error
	// Reserve gives n numbers of a sequence that nobody else has or will have.
	Reserve(ctx context.Context, sequence string, n int) ([]int64, error)
}

// Protect turns a panic of f into its error: others use the same connection, and the worker goes on.
func Protect(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// UpToDate says whether a database has the tables that this version of the program has, in the words of whoever
// runs it; it takes what a migration's provider says.
func UpToDate(has, wants int64, err error) error {
	switch {
	case err != nil:
		return err
	case has < wants:
		return fmt.Errorf("its tables are of version %d, this program needs %d: start the server of this version once", has, wants)
	case has > wants:
		return fmt.Errorf("its tables are of version %d, this program knows %d only: use the server's own version", has, wants)
	}
	return nil
}
