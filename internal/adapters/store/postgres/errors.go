package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// errSlow ends a transaction that takes longer than any should.
var errSlow = fault.Unavailable(time.Second, "store.slow", "the database did not answer in time")

// translate gives errors before COMMIT the words of package ports: nothing has been written.
// lost says that there is no connection, or none any more.
func translate(ctx context.Context, err error, lost bool) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok && lost && ctx.Err() != nil:
		return context.Cause(ctx)
	case !ok && lost:
		return unavailable(err)
	case !ok:
		return err // of the caller's own reading
	case class(e, "40"), e.Code == "23505":
		return fmt.Errorf("%w: %w", ports.ErrStale, err)
	case class(e, "22"), class(e, "23"):
		return fmt.Errorf("%w: %w", ports.ErrRefused, err)
	case e.Code == "53100":
		return engine.ErrFull(err)
	case gone(e):
		return unavailable(err)
	}
	return err
}

// commitError tells a refused COMMIT, or last write beside it, after which nothing is written, from one whose answer
// never came. An ERROR ends the exchange before COMMIT; what ends the connection may have come after it.
func commitError(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && (!gone(e) || e.SeverityUnlocalized == "ERROR") {
		return translate(context.Background(), err, false)
	}
	return fmt.Errorf("%w: %w", ports.ErrUnknownOutcome, err)
}

func class(e *pgconn.PgError, c string) bool { return strings.HasPrefix(e.Code, c) }

// gone: the server ends the connection, is starting, is read only, has no room, or cannot use its disk.
func gone(e *pgconn.PgError) bool {
	return class(e, "08") || class(e, "57P") || class(e, "53") || class(e, "58") || e.Code == "25006" || e.Code == "25P03"
}

func unavailable(err error) error {
	return fault.Unavailable(time.Second, "store.unavailable", "the database cannot be reached at the moment").Because(err)
}
