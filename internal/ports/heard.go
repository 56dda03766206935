package ports

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Hearing is when something came from an integration, alerts or what cannot be one: to the minute after the first.
type Hearing struct {
	First time.Time
	Last  time.Time
}

// Heard knows when integrations were heard of.
type Heard interface {
	// Note notes that something came; an earlier first and a later last stay.
	Note(ctx context.Context, i id.Integration, at time.Time) error
	// All gives everything that was ever heard, also of integrations that are gone.
	All(ctx context.Context) (map[id.Integration]Hearing, error)
}

// Payload is what a webhook received: valid UTF-8 without NUL.
type Payload struct {
	At   time.Time
	Body string
}

// Payloads keeps the last that webhooks received, for whoever writes what makes alerts of it.
type Payloads interface {
	// Keep keeps one and forgets all but the newest most of the integration.
	Keep(ctx context.Context, i id.Integration, p Payload, most int) error
	// Last gives them, newest first.
	Last(ctx context.Context, i id.Integration) ([]Payload, error)
}
