package ports

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Reading is what one Alertmanager has.
type Reading struct {
	Began    time.Time           // when it started, by its clock
	At       time.Time           // when it answered, by the same clock; zero: it does not say
	Alerts   map[string][]string // that are not over, by fingerprint, each with the ids of the silences that mute it
	Silences map[string]alert.SourceSilence
}

// Alertmanagers reads Alertmanagers and silences alerts there. Errors are words for people and say nothing of a login.
type Alertmanagers interface {
	// Read asks one of the integration's Alertmanagers.
	Read(ctx context.Context, in *directory.Integration, url string) (Reading, error)
	// Silence makes a silence, or where it has an id makes that one last longer.
	Silence(ctx context.Context, in *directory.Integration, url string, s alert.SourceSilence) error
	// Expire ends a silence.
	Expire(ctx context.Context, in *directory.Integration, url, silence string) error
}

// Look is how reading the Alertmanagers of an integration went.
type Look struct {
	At    time.Time // the last
	Good  time.Time // the last that all of them answered; zero: never
	Error string    // of the last, in words; "": it went well
}

// Looks keeps how each integration's Alertmanagers were read: the same for every replica.
type Looks interface {
	// All gives the last look at each integration that was ever read.
	All(ctx context.Context) (map[id.Integration]Look, error)
	Note(ctx context.Context, i id.Integration, l Look) error
	// Forget forgets an integration that is read no more.
	Forget(ctx context.Context, i id.Integration) error
	// Firing gives the alerts of an integration that fire, without a lock.
	Firing(ctx context.Context, i id.Integration) ([]alert.Alert, error)
}
