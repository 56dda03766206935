// Package escalation holds policies: who is told, in what order, and how long each has to answer.
package escalation

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// TargetKind says what a target is.
type TargetKind string

// The kinds of targets. A webhook is a channel of that kind.
const (
	TargetUser     TargetKind = "user"
	TargetSchedule TargetKind = "schedule"
	TargetTeam     TargetKind = "team"
	TargetChannel  TargetKind = "channel"
	TargetAdmins   TargetKind = "admins" // everybody with the role admin: the fallback's default
)

// Target is whom or what a level pages. ID is the user's, schedule's, team's or channel's id.
type Target struct {
	Kind TargetKind `json:"kind"`
	ID   string     `json:"id,omitempty"`
}

// Level is one step of a policy. Acknowledgement timeouts are by urgency.
type Level struct {
	AckTimeout    time.Duration `json:"ack_timeout"`               // high urgency
	AckTimeoutLow time.Duration `json:"ack_timeout_low,omitempty"` // low urgency; 0 means the same
	Targets       []Target      `json:"targets"`
}

// Timeout is how long the level has to answer a page of this urgency.
func (l Level) Timeout(u alert.Urgency) time.Duration {
	if !u.IsHigh() && l.AckTimeoutLow > 0 {
		return l.AckTimeoutLow
	}
	return l.AckTimeout
}

// NewLevel checks a level: a timeout of 1 s to 24 h and at least one target.
func NewLevel(ackTimeout, ackTimeoutLow time.Duration, targets []Target) (Level, error) {
	timeouts := []time.Duration{ackTimeout}
	if ackTimeoutLow != 0 {
		timeouts = append(timeouts, ackTimeoutLow)
	}
	for _, t := range timeouts {
		if t < time.Second || t > 24*time.Hour {
			return Level{}, fault.Invalid("policy.ack_timeout", "the acknowledgement timeout must be from 1s to 24h, not %s", t)
		}
	}
	if len(targets) == 0 {
		return Level{}, fault.Invalid("policy.level_empty", "a level needs at least one target")
	}
	return Level{AckTimeout: ackTimeout, AckTimeoutLow: ackTimeoutLow, Targets: targets}, nil
}

// Ref names one version of a policy. Versions never change; an edit makes a new one.
type Ref struct {
	ID      id.Policy `json:"id"`
	Version int       `json:"version"`
}

// Policy is an escalation policy: its levels are walked 1 + Repeat times.
type Policy struct {
	Ref
	Name   string  `json:"name"`
	Levels []Level `json:"levels"`
	Repeat int     `json:"repeat"` // passes after the first, 0..9
}

// NewPolicy checks a policy: a name, 1 to 20 levels, repeat 0 to 9.
func NewPolicy(ref Ref, name string, levels []Level, repeat int) (Policy, error) {
	switch {
	case name == "":
		return Policy{}, fault.Invalid("policy.name", "an escalation policy needs a name")
	case len(levels) == 0 || len(levels) > 20:
		return Policy{}, fault.Invalid("policy.levels", "an escalation policy needs 1 to 20 levels, not %d", len(levels))
	case repeat < 0 || repeat > 9:
		return Policy{}, fault.Invalid("policy.repeat", "repeat must be from 0 to 9, not %d", repeat)
	}
	return Policy{Ref: ref, Name: name, Levels: levels, Repeat: repeat}, nil
}

// DefaultRepeat is how many passes follow the first one where nothing says otherwise.
const DefaultRepeat = 2

// DefaultAckTimeout is a level's acknowledgement timeout where nothing says otherwise.
const DefaultAckTimeout = 15 * time.Minute
