// Package fault is the one vocabulary for everything that can go wrong in Rouse.
// The core returns these; adapters translate them once, at the edge.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the class of an error. It decides the HTTP status and the exit code.
type Kind struct{ s string }

// The closed set of kinds.
var (
	KindInvalid      = Kind{"invalid"}      // the request is wrong and will stay wrong
	KindUnauthorized = Kind{"unauthorized"} // nobody knows who asks
	KindForbidden    = Kind{"forbidden"}    // known, but may not
	KindNotFound     = Kind{"not_found"}    // no such thing
	KindConflict     = Kind{"conflict"}     // the thing is in a state that refuses this
	KindTooLarge     = Kind{"too_large"}    // more than is taken at once
	KindUnsupported  = Kind{"unsupported"}  // of a form that is not understood
	KindLimited      = Kind{"limited"}      // asked too often; try again later
	KindUnavailable  = Kind{"unavailable"}  // try again later
	KindInternal     = Kind{"internal"}     // our own failure, hidden from the caller
)

// String is the kind's name.
func (k Kind) String() string { return k.s }

// Error is an error that a caller can act on.
type Error struct {
	Kind       Kind
	Code       string        // permanent and documented, e.g. "incident.already_resolved"
	Message    string        // in the user's words
	Field      string        // the field that is wrong, e.g. "users[2].email"; may be empty
	RetryAfter time.Duration // for KindUnavailable and KindLimited: when to come again
	cause      error
}

// Error gives the message and, for logs, the cause.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// Because returns a copy of e with its cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// At returns a copy of e that names the field it is about.
func (e *Error) At(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

func newError(k Kind, code, format string, args ...any) *Error {
	return &Error{Kind: k, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid says that the request is wrong: code is permanent, the message is for the user.
func Invalid(code, format string, args ...any) *Error {
	return newError(KindInvalid, code, format, args...)
}

// Unauthorized says that the caller is not known.
func Unauthorized(code, format string, args ...any) *Error {
	return newError(KindUnauthorized, code, format, args...)
}

// Forbidden says that the caller may not do this.
func Forbidden(code, format string, args ...any) *Error {
	return newError(KindForbidden, code, format, args...)
}

// NotFound says that there is no such thing, e.g. NotFound("incident", "#4821"). Its code is "<what>.not_found".
func NotFound(what, which string) *Error {
	return newError(KindNotFound, what+".not_found", "there is no %s %s", what, which)
}

// Conflict says that the thing's state refuses the change.
func Conflict(code, format string, args ...any) *Error {
	return newError(KindConflict, code, format, args...)
}

// Unavailable says that the same request may succeed after the given time.
func Unavailable(after time.Duration, code, format string, args ...any) *Error {
	e := newError(KindUnavailable, code, format, args...)
	e.RetryAfter = after
	return e
}

// TooLarge says that the request is more than is taken at once.
func TooLarge(code, format string, args ...any) *Error {
	return newError(KindTooLarge, code, format, args...)
}

// Unsupported says that the request has a form that is not understood.
func Unsupported(code, format string, args ...any) *Error {
	return newError(KindUnsupported, code, format, args...)
}

// Limited says that the caller asks too often, and when to come again.
func Limited(after time.Duration, code, format string, args ...any) *Error {
	e := newError(KindLimited, code, format, args...)
	e.RetryAfter = after
	return e
}

// Of finds the Error in err's chain; anything else is internal, with its text kept as the cause only.
func Of(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return (&Error{Kind: KindInternal, Code: "internal", Message: "something went wrong on our side"}).Because(err)
}

// Is says whether err's chain holds an Error of this kind.
func Is(err error, k Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == k
}
