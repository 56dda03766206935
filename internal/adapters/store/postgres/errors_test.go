package postgres

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// What a sender can only try again is never a fault of ours: 503, and not 500.
func TestWhatTheServerSaysIsTranslated(t *testing.T) {
	t.Parallel()
	away := func(err error) bool {
		return fault.Is(err, fault.KindUnavailable) && !errors.Is(err, ports.ErrUnknownOutcome)
	}
	unknown := func(err error) bool { return errors.Is(err, ports.ErrUnknownOutcome) }
	for code, want := range map[string]struct{ before, atCommit func(error) bool }{
		"57P01": {away, unknown},                  // the connection is ended
		"57P03": {away, unknown},                  // starting
		"53300": {away, unknown},                  // too many connections
		"53100": {engine.IsFull, unknown},         // the disk is full
		"58030": {away, unknown},                  // the disk cannot be read or written
		"25006": {away, unknown},                  // a replica
		"40001": {isStale, isStale},               // others were faster
		"23505": {isStale, isStale},               // so they were
		"22001": {isRefused, isRefused},           // a value
		"42601": {isOwn("42601"), isOwn("42601")}, // a mistake of ours
	} {
		e := &pgconn.PgError{Code: code}
		if err := translate(t.Context(), e, false); !want.before(err) {
			t.Errorf("%s before COMMIT: %v", code, err)
		}
		if err := commitError(e); !want.atCommit(err) {
			t.Errorf("%s at COMMIT: %v", code, err)
		}
		if err := commitError(&pgconn.PgError{Code: code, SeverityUnlocalized: "ERROR"}); !want.before(err) {
			t.Errorf("an ERROR %s beside COMMIT: %v", code, err)
		}
	}
}

func isStale(err error) bool { return errors.Is(err, ports.ErrStale) }

func isRefused(err error) bool { return errors.Is(err, ports.ErrRefused) }

func isOwn(code string) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*pgconn.PgError](err)
		return ok && e.Code == code && !fault.Is(err, fault.KindUnavailable) && !isStale(err) && !isRefused(err)
	}
}
