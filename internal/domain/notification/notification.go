// Package notification knows how a person is reached: contacts and rules, what a page becomes
// (deliveries), when waiting deliveries are gathered into one message, and what a message says.
package notification

import (
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// RecipientKind is a person or a channel.
type RecipientKind string

// The kinds of recipients.
const (
	ToUser    RecipientKind = "user"
	ToChannel RecipientKind = "channel"
)

// Recipient is a user or a channel that a page goes to.
type Recipient struct {
	Kind RecipientKind `json:"kind"`
	ID   string        `json:"id"`
}

// User is the recipient's user, "" for a channel.
func (r Recipient) User() id.User {
	if r.Kind == ToUser {
		return id.User(r.ID)
	}
	return ""
}

// Chosen is what was chosen for a channel. A person's contact has none.
type Chosen struct {
	Options map[string]string
	Key     string // by which the other end knows us
}

// Contact is one way to reach a person. Kind is a channel kind of the registry ("email", "sms", …).
type Contact struct {
	ID       id.Contact `json:"id"`
	Name     string     `json:"name"` // unique within the person
	Kind     string     `json:"kind"`
	To       string     `json:"to"`
	Verified bool       `json:"verified"`
	Trouble  string     `json:"trouble,omitempty"` // why nothing may arrive there, in words: "bounced at …: mailbox does not exist"
	Stopped  bool       `json:"stopped,omitempty"` // whoever reads there asked for nothing more: nothing is sent
}

// Again says what has to be done for something to be sent there again, once it was stopped.
func (c Contact) Again() string {
	if c.Kind == "push" {
		return "turn notifications on again on that device"
	}
	return "send START from there"
}

// Hours is a daily window of a person's own wall clock, in minutes after midnight; From < To.
type Hours struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Step is one step of a person's rules: after this long, by this contact.
type Step struct {
	After   time.Duration `json:"after"`
	Contact id.Contact    `json:"contact"`
	Hours   *Hours        `json:"hours,omitempty"` // only within; outside, at the next From
}

// Rules are a person's steps by urgency.
type Rules struct {
	High []Step `json:"high"`
	Low  []Step `json:"low"`
}

// For gives the steps for an urgency.
func (r Rules) For(u alert.Urgency) []Step {
	if u.IsHigh() {
		return r.High
	}
	return r.Low
}

// Purpose says why something is sent.
type Purpose string

// Purposes. Only a page asks for an answer.
const (
	PurposePage   Purpose = "page"
	PurposeUpdate Purpose = "update" // something the recipient should know; expects nothing
	PurposeTest   Purpose = "test"   // whether it arrives; of no incident, made of no deliveries
)

// Known says whether it is one of these.
func (p Purpose) Known() bool {
	return slices.Contains([]Purpose{PurposePage, PurposeUpdate, PurposeTest}, p)
}

// Event names what happened to an incident, for programs.
type Event string

// The events of an incident's life.
const (
	EventOpened         Event = "opened"
	EventEscalated      Event = "escalated"
	EventExhausted      Event = "exhausted"
	EventAcknowledged   Event = "acknowledged"
	EventUnacknowledged Event = "unacknowledged" // what was acknowledged or snoozed is open again
	EventSnoozed        Event = "snoozed"
	EventReassigned     Event = "reassigned"
	EventSeverity       Event = "severity_changed"
	EventNote           Event = "note"
	EventResolved       Event = "resolved"
	EventReopened       Event = "reopened"
	EventMerged         Event = "merged"
)

// Status is where a delivery stands.
type Status string

// The states of a delivery. Waiting and sending are live; accepted and delivered reached the provider.
const (
	Waiting   Status = "waiting"   // its step has not come, or it is being gathered
	Sending   Status = "sending"   // part of a message that is being sent or retried
	Accepted  Status = "accepted"  // the provider took it
	Delivered Status = "delivered" // the provider says that it arrived
	Failed    Status = "failed"    // the provider refused it for good, or tries ran out
	Expired   Status = "expired"   // too old to be worth sending
	Cancelled Status = "cancelled" // no longer needed
)

// Known says whether it is one of these.
func (s Status) Known() bool {
	return slices.Contains([]Status{Waiting, Sending, Accepted, Delivered, Failed, Expired, Cancelled}, s)
}

// Live says whether something may still be sent.
func (s Status) Live() bool { return s == Waiting || s == Sending }

// Reached says whether a provider took it.
func (s Status) Reached() bool { return s == Accepted || s == Delivered }

// PageKey identifies a page: unique over the whole installation.
type PageKey struct {
	Incident  id.Incident
	Round     int
	Pass      int
	Level     int // 0: outside the levels (fallback, reminder, assignee)
	Recipient Recipient
}

// Page is the decision that a recipient must know now.
type Page struct {
	PageKey
	Purpose    Purpose
	Reason     string // why this recipient, in words: "level 1 of web, on call in web-primary"
	Urgency    alert.Urgency
	Severity   alert.Severity
	At         time.Time
	Opened     time.Time // the incident
	Event      Event     // of an update to a channel: what happened
	Since      time.Time // when it would have been, had we not been away; zero: then
	ByHand     bool      // a person chose whom to page, and says why
	Deliveries []Delivery
}

// Delivery is one step of a person's rules for a page: unique by (page, step, lane).
type Delivery struct {
	ID        int64 // the store's
	Page      PageKey
	Purpose   Purpose
	Step      int    // index in the rules, 0-based; 0 for a channel
	Lane      Lane   // where it is queued: the contact or the channel
	Kind      string // channel kind, e.g. "sms"
	Urgency   alert.Urgency
	Severity  alert.Severity
	ByHand    bool
	CreatedAt time.Time
	DueAt     time.Time
	ExpiresAt time.Time
	OwnHours  bool // it waits by the person's own hours
	Status    Status
	Message   id.Message // "" until it is part of one
}

// Rank orders what waits in a lane: what a person sends by hand before all else, then the worse. 0 to Ranks - 1.
func (d Delivery) Rank() int {
	if d.ByHand {
		return alert.Severities + d.Severity.Rank()
	}
	return d.Severity.Rank()
}

// Ranks is how many there are.
const Ranks = 2 * alert.Severities

// SetRank is the inverse of Rank.
func (d *Delivery) SetRank(r int) {
	d.ByHand, d.Severity = r >= alert.Severities, alert.SeverityOfRank(r%alert.Severities)
}

// Lane is the queue of one contact ("contact:<id>") or one channel ("channel:<id>").
type Lane string

// ContactLane is the lane of a person's contact.
func ContactLane(c id.Contact) Lane { return Lane("contact:" + string(c)) }

// ChannelLane is the lane of a channel.
func ChannelLane(c id.Channel) Lane { return Lane("channel:" + string(c)) }
