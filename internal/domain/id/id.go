// Package id has a type for each kind of identifier, so that mixing two does not compile.
package id

import "strconv"

// Incident is an incident's short number (#4821), counted per installation; 0 is none.
// The public id (a UUIDv7) lives in the incident itself.
type Incident int64

// Probe is the incident of the synthetic alert by which Rouse tests itself: no person can name it, and no list has it.
const Probe Incident = -1

// String gives the number as people say it, e.g. "#4821".
func (n Incident) String() string { return "#" + strconv.FormatInt(int64(n), 10) }

// Identifiers of what people own: UUIDv7 in text, 36 characters.
type (
	// User is a person's.
	User string
	// Team is a team's.
	Team string
	// Service is a monitored service's.
	Service string
	// Policy is an escalation policy's, whatever its version.
	Policy string
	// Schedule is an on-call schedule's.
	Schedule string
	// Contact is one way to reach a person.
	Contact string
	// Channel is a shared destination's.
	Channel string
	// Integration is a source's.
	Integration string
	// Message is what is sent; it is the provider's reference, too.
	Message string
	// Session is a signed-in browser's: the hash of its secret.
	Session string
	// Token is an API token's, not its secret.
	Token string
)
