package ports

import (
	"context"
	"errors"
)

// Atomically runs a function with repositories of one transaction. Returning nil means that COMMIT
// succeeded. The function may run again after a conflict: no remote call in it, no effect outside R.
type Atomically[R any] func(ctx context.Context, f func(ctx context.Context, r R) error) error

// ErrStale says that a row changed under the transaction: it must run again, and the store does so.
var ErrStale = errors.New("a row changed under the transaction")

// ErrUnknownOutcome says that the connection was lost at COMMIT: the change may or may not be there.
// The transaction must not run again.
var ErrUnknownOutcome = errors.New("the connection was lost while committing")

// ErrRefused says that a value can never be stored (SQLSTATE class 22, or 23 other than a duplicate):
// running again will not help; leaving the value out will.
var ErrRefused = errors.New("the database refuses a value")
