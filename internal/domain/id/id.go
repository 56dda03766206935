// Package id has a type for each kind of identifier, so that mixing two does not compile.
package id

import "strconv"

// Incident is an incident's short number (#4821), counted per installation; 0 is none.
// The public id (a UUIDv7) lives in the incident itself.
type Incident int64

// String gives the number as people say it, e.g. "#4821".
func (n Incident) String() string { return "#" + strconv.FormatInt(int64(n), 10) }

// Identifiers of what people own: UUIDv7 in text, 36 characters.
type (
	User        string
	Team        string
	Service     string
	Policy      string
	Schedule    string
	Contact     string
	Channel     string
	Integration string
	Message     string
	Session     string
	Token       string
)
