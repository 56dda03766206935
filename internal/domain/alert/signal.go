// Package alert knows what one alert is: how a source's message becomes a signal, and how signals,
// in any order and any number, become occurrences that begin and end.
package alert

import (
	"cmp"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Signal is one normalised message from an integration about one alert.
type Signal struct {
	Integration  id.Integration
	Fingerprint  string    // identifies the alert within the integration; 1..64 characters
	Firing       bool      // else resolved
	StartsAt     time.Time // raw, as the source said; zero where missing or before 2000 or after 2200
	EndsAt       time.Time // raw, as the source said; zero where missing or absurd
	Labels       map[string]string
	Annotations  map[string]string
	GeneratorURL string // where the source explains it; http and https only, else empty
	GroupKey     string // the source's own group, for `correlate: group_key`; may be empty

	// Lease: who sent it sends it again while it fires. Where Sender is heard for so long without it, it is over; 0:
	// it fires until it is said to be over.
	Lease  time.Duration
	Sender string // who sends it again: the host of GeneratorURL, may be empty; only of what has a lease
	// Every makes a resolved signal a sign of life: the alert fires where none follows within it; 0: it is none.
	Every time.Duration

	// ReceivedAt is when it came, where it could not be decided at once (the database was away); zero: now.
	ReceivedAt time.Time
	// Expired: it has waited for so long that it wakes nobody any more; see Expired, the outcome.
	Expired bool

	// What the integration's mapping made of the labels and annotations.
	Name        string // alertname; may be empty
	Service     string // monitored service's name; "" where nothing could be mapped
	Environment string // "default" where nothing says
	Severity    Severity
	Title       string
	Runbook     string // http or https, else empty
}

// Origin is the label by which a Rouse knows again what it has forwarded: its installation's id.
const Origin = "rouse_installation"

// Key is what identifies an alert.
type Key struct {
	Integration id.Integration
	Fingerprint string
}

// Compare orders keys: rows of alerts are always locked in this order.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Integration, o.Integration), cmp.Compare(k.Fingerprint, o.Fingerprint))
}

// overtakenBy is by how much something must have been received later than a signal that waited, to count as
// later: the clocks of two servers are not quite one.
const overtakenBy = 5 * time.Second

// overtaken says whether something that was received at a moment is newer than this signal, which waited.
func (s *Signal) overtaken(by time.Time) bool {
	return !s.ReceivedAt.IsZero() && by.Sub(s.ReceivedAt) > overtakenBy
}

// Key gives the identity of the alert that the signal is about.
func (s *Signal) Key() Key { return Key{s.Integration, s.Fingerprint} }
