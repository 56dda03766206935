package engine

import (
	"errors"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// ErrFull says that there is no room on the database's disk.
func ErrFull(cause error) error {
	return fault.Unavailable(time.Second, "store.full", "the database's disk is full").Because(cause)
}

// IsFull says whether err is of a full disk.
func IsFull(err error) bool {
	e, ok := errors.AsType[*fault.Error](err)
	return ok && e.Code == "store.full"
}
