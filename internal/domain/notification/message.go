package notification

import (
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// MessageStatus is where a message stands.
type MessageStatus string

// The states of a message.
const (
	MessageSending   MessageStatus = "sending"   // claimed under a lease; an attempt may be in flight
	MessageRetrying  MessageStatus = "retrying"  // the last attempt failed and another is planned
	MessageAccepted  MessageStatus = "accepted"  // the provider took it
	MessageDelivered MessageStatus = "delivered" // the provider says that it arrived
	MessageFailed    MessageStatus = "failed"    // refused for good, or the provider reported that it did not arrive
	MessageExpired   MessageStatus = "expired"   // too old before any provider took it
	MessageCancelled MessageStatus = "cancelled" // answered or resolved before it was sent
)

// Known says whether it is one of these.
func (s MessageStatus) Known() bool {
	return slices.Contains([]MessageStatus{
		MessageSending, MessageRetrying, MessageAccepted, MessageDelivered, MessageFailed, MessageExpired, MessageCancelled,
	}, s)
}

// Final says whether nothing more will be sent for it.
func (s MessageStatus) Final() bool { return s != MessageSending && s != MessageRetrying }

// Message is what is sent to one contact or channel: composed of 1..n deliveries when it is claimed.
type Message struct {
	ID         id.Message // UUIDv7, stable over attempts
	Lane       Lane
	Kind       string // channel kind
	Recipient  Recipient
	To         string // address, number, URL at the time of composing
	Purpose    Purpose
	Digest     bool // catching up after we could not page
	Items      []Item
	Status     MessageStatus
	Attempt    int    // 1 for the first
	Token      string // fences results: only the holder of the newest token records
	LeaseUntil time.Time
	NextAt     time.Time // when retrying: the next attempt; when accepted: until when a receipt is awaited
	MayRepeat  bool      // an earlier attempt's outcome is unknown
	Provider   string    // who took it, where its kind has several
	Before     string    // who took it before Provider did, in silence
	ProviderID string    // what the provider calls it
	Detail     string    // what the provider said last, in words
	CreatedAt  time.Time
	SentAt     time.Time // when a provider accepted it
	ExpiresAt  time.Time // the earliest moment at which no item is worth sending
	Faults     int       // failures of our own while sending it
	Tries      []Try     // what came of the attempts, oldest first, the last MaxTries
}

// MaxTries is how many attempts a message remembers.
const MaxTries = 20

// Try is what came of one attempt.
type Try struct {
	Attempt int       `json:"attempt"`
	At      time.Time `json:"at"`               // when the provider was called, or when it was decided not to
	Outcome string    `json:"outcome"`          // accepted, retry, unknown, failed, expired, cancelled, released, no_receipt, again (somebody had it sent again), or what the provider reported later
	Detail  string    `json:"detail,omitempty"` // in words
}

// Outcomes of tries after which something is known of a message, or nothing.
const (
	TryAccepted = "accepted"
	TrySilent   = "no_receipt" // a provider took it and never said that it arrived
	TryAgain    = "again"      // somebody had it sent again
)

// Silent says whether the provider of ProviderID took it and never said that it arrived, and nothing is known of it since:
// attempts after that which failed change nothing of it. Only another provider sends it.
func (m Message) Silent() bool {
	for _, t := range slices.Backward(m.Tries) {
		switch t.Outcome {
		case TrySilent:
			return true
		case TryAccepted, TryAgain, string(MessageDelivered):
			return false
		}
	}
	return false
}

// Tried adds what came of an attempt.
func (m *Message) Tried(t Try) {
	m.Tries = append(slices.Clip(m.Tries), t)
	if n := len(m.Tries); n > MaxTries {
		m.Tries = m.Tries[n-MaxTries:]
	}
}

// Item is what a message says about one incident: facts at the time of composing.
type Item struct {
	Incident    id.Incident    `json:"incident"`
	ID          string         `json:"id"` // the incident's public id
	Severity    alert.Severity `json:"severity"`
	First       alert.Severity `json:"first,omitzero"` // of its first message; zero: not known
	Status      string         `json:"status"`         // open, acknowledged, resolved
	Service     string         `json:"service"`
	Environment string         `json:"environment"`
	Title       string         `json:"title"`
	Alerts      int            `json:"alerts"` // how many the incident has had, ≥ 1
	Since       time.Time      `json:"since"`
	Runbook     string         `json:"runbook,omitempty"`
	Why         string         `json:"why"`            // why this recipient: "web-primary, level 1"
	Next        string         `json:"next,omitempty"` // who is paged next if nobody answers
	NextAt      time.Time      `json:"next_at,omitzero"`
	Owner       string         `json:"owner,omitempty"`   // who has acknowledged it
	OwnedAt     time.Time      `json:"owned_at,omitzero"` // since when
	Until       time.Time      `json:"until,omitzero"`    // it is snoozed until then
	Level       int            `json:"level,omitempty"`   // that is paged while it is open; 0: none
	Paged       string         `json:"paged,omitempty"`   // who was paged in this round: "Ana, Ben, 2 more"
	Text        string         `json:"text,omitempty"`    // for updates: what happened, in words
	Labels      []Label        `json:"labels,omitempty"`
	Events      []Happened     `json:"events,omitempty"` // for updates: all that happened since the last one, oldest first
	Post        string         `json:"post,omitempty"`   // the provider's id of what was posted before for this incident, where it has a post of its own
}

// Happened is one thing that a message tells of.
type Happened struct {
	Event Event     `json:"event,omitempty"` // empty: it has no name
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
}

// Label is one label of the incident's first alert.
type Label struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
