package incident

import (
	"cmp"
	"fmt"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Rules are the durations and choices of a service. A zero field means its default.
type Rules struct {
	ReopenWindow time.Duration `json:"reopen_window,omitempty"`
	AckRemind    time.Duration `json:"ack_remind,omitempty"`     // high urgency
	AckExpire    time.Duration `json:"ack_expire,omitempty"`     // high urgency
	AckRemindLow time.Duration `json:"ack_remind_low,omitempty"` // low urgency, again and again
	HoldHigh     time.Duration `json:"hold_high,omitempty"`      // critical and error; default none
	HoldWarning  time.Duration `json:"hold_warning,omitempty"`   // default 2 min; negative: none
	Grace        time.Duration `json:"grace,omitempty"`
	Stable       time.Duration `json:"stable,omitempty"`
	FlapWindow   time.Duration `json:"flap_window,omitempty"`
	RepageGap    time.Duration `json:"repage_gap,omitempty"`
	RemindEvery  time.Duration `json:"remind_every,omitempty"` // the fallback, when exhausted
	RetryEvery   time.Duration `json:"retry_every,omitempty"`  // all levels, while nobody was reached
	NewKind      NewKind       `json:"new_kind,omitempty"`
	KeepOpen     bool          `json:"keep_open,omitempty"` // people resolve; sources do not
}

// NewKind says how the assignee hears of an alert name that is new to an acknowledged incident.
type NewKind string

// The choices of NewKind.
const (
	NewKindNotify NewKind = "notify"
	NewKindPage   NewKind = "page"
	NewKindQuiet  NewKind = "quiet"
)

// WithDefaults fills what is zero.
func (r Rules) WithDefaults() Rules {
	return Rules{
		ReopenWindow: cmp.Or(r.ReopenWindow, 15*time.Minute),
		AckRemind:    cmp.Or(r.AckRemind, time.Hour),
		AckExpire:    cmp.Or(r.AckExpire, 4*time.Hour),
		AckRemindLow: cmp.Or(r.AckRemindLow, 24*time.Hour),
		HoldHigh:     max(r.HoldHigh, 0),
		HoldWarning:  max(cmp.Or(r.HoldWarning, 2*time.Minute), 0),
		Grace:        cmp.Or(r.Grace, 30*time.Minute),
		Stable:       cmp.Or(r.Stable, 30*time.Minute),
		FlapWindow:   cmp.Or(r.FlapWindow, 30*time.Minute),
		RepageGap:    cmp.Or(r.RepageGap, 10*time.Minute),
		RemindEvery:  cmp.Or(r.RemindEvery, 30*time.Minute),
		RetryEvery:   cmp.Or(r.RetryEvery, 5*time.Minute),
		NewKind:      cmp.Or(r.NewKind, NewKindNotify),
		KeepOpen:     r.KeepOpen,
	}
}

// Hold is how long a new incident of this severity waits before its first page.
func (r Rules) Hold(s alert.Severity) time.Duration {
	if s.Urgency().IsHigh() {
		return r.HoldHigh
	}
	return r.HoldWarning
}

// ParseStatus reads a status' wire name.
func ParseStatus(name string) (Status, error) {
	for i, n := range statusNames {
		if n == name {
			return Status{uint8(i)}, nil
		}
	}
	return Status{}, fmt.Errorf("unknown status %q: use open, acknowledged or resolved", name)
}

// Correlate says which alerts belong together. The zero value is service_env_severity.
type Correlate struct {
	Mode   CorrelateMode `json:"mode,omitempty"`
	Labels []string      `json:"labels,omitempty"` // for CorrelateLabels
}

// CorrelateMode is the way of correlating.
type CorrelateMode string

// The ways of correlating.
const (
	CorrelateServiceEnvSeverity CorrelateMode = "service_env_severity"
	CorrelateService            CorrelateMode = "service"
	CorrelateGroupKey           CorrelateMode = "group_key"
	CorrelateAlert              CorrelateMode = "alert"
	CorrelateLabels             CorrelateMode = "labels"
)

// event is what the channels are told of a round's begin.
func (r RoundReason) event() notification.Event {
	switch r {
	case RoundOpened:
		return notification.EventOpened
	case RoundRaised:
		return notification.EventSeverity
	case RoundReopened, RoundSilenceEnded:
		return notification.EventReopened
	case RoundReassigned, RoundPassedOn:
		return notification.EventReassigned
	case RoundEscalated:
		return notification.EventEscalated
	case RoundMerged:
		return notification.EventMerged
	default: // an answer ended, or never came
		return notification.EventUnacknowledged
	}
}

// RoundReason says why a round began.
type RoundReason string

// The reasons of a round.
const (
	RoundOpened      RoundReason = "opened"
	RoundRaised      RoundReason = "raised"
	RoundReopened    RoundReason = "reopened"
	RoundAckExpiry   RoundReason = "acknowledgement expired"
	RoundNewAlert    RoundReason = "new alert after the policy was exhausted"
	RoundStable      RoundReason = "stable after flapping"
	RoundUnreached   RoundReason = "the assignee could not be reached"
	RoundSnoozeEnded RoundReason = "end of snooze"
	RoundPassedOn    RoundReason = "passed on"
	RoundReassigned  RoundReason = "reassigned"
	RoundEscalated   RoundReason = "escalated"
	RoundMerged      RoundReason = "another incident was merged into it"
	RoundGivenBack   RoundReason = "given back"

	RoundSilenceEnded RoundReason = "end of silence"
)
