package ports

import (
	"context"
	"encoding/json"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Past is a resolved incident of which nothing is pending, as it was looked at.
type Past struct {
	Number     id.Incident
	Version    int64 // one that has another one since has changed
	OpenedAt   time.Time
	ResolvedAt time.Time
}

// Record is an incident with all that is kept of it: rows by table, each with its columns' names.
type Record struct {
	Number  id.Incident                             `json:"number"`
	Version int64                                   `json:"version"`
	Rows    map[string][]map[string]json.RawMessage `json:"rows"`
}

// Gone is what is kept for a time besides incidents.
type Gone string

// What goes by itself.
const (
	GoneQuarantine Gone = "quarantine" // what could not be an alert
	GonePayloads   Gone = "payloads"   // what webhooks received last
	GoneMessages   Gone = "messages"   // of no incident: tests
)

// History is what is over, for those who keep it for a time only.
type History interface {
	// Over gives up to limit incidents in the order in which they were opened, after one (the zero one: from the first),
	// that were resolved before a moment and of which nothing is pending: no timer of theirs or of their alerts, nothing that is
	// being sent, no alert that fires, no incident that goes on in their place. next is after whom to go on; its Number is 0 at the end.
	Over(ctx context.Context, before time.Time, after Past, limit int) (over []Past, next Past, err error)
	// Forget removes those that are still as they were, resolved before a moment and over, with all that is kept of them, and
	// says how many. A message that told of others, too, stays as theirs.
	Forget(ctx context.Context, past []Past, before time.Time) (int, error)
	// ForgetKeys removes correlation keys that lead to incidents that are gone, among up to limit after one, and gives the last
	// that was looked at; "": that was all.
	ForgetKeys(ctx context.Context, after string, limit int) (last string, err error)
}

// Records takes incidents out whole and puts them back.
type Records interface {
	// Records reads incidents whole; those that are gone, or have changed, are left out.
	Records(ctx context.Context, of []Past) ([]Record, error)
	// Revive puts records back whose incidents are gone. What is there already, or is a newer incident's now, is left as it is.
	Revive(ctx context.Context, records []Record) error
}

// Others is what is kept for a time besides incidents.
type Others interface {
	// ForgetOther removes up to limit of what came before a moment, and says how many.
	ForgetOther(ctx context.Context, what Gone, before time.Time, limit int) (int, error)
	// CountOther says how many there are.
	CountOther(ctx context.Context, what Gone, before time.Time) (int, error)
}
