package incident

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Event is something that happened to an incident: one of the types of this file.
type Event interface {
	apply(e *engine) error
}

// Fired says that an alert began to fire. On a State without alerts it opens the incident;
// on a resolved one it reopens it.
type Fired struct {
	Alert    string // alertname
	Severity alert.Severity
	New      bool      // it did not belong to this incident before
	Stale    bool      // it fires by doubt
	Received time.Time // when it came, where it could not be decided then; else zero
	Title    string
	Silence  alert.Silence // that mutes it at its source
	By       Actor         // the integration
}

// Changed says that a firing alert's severity is another one now.
type Changed struct {
	Alert    string
	From, To alert.Severity
}

// Ended says that an alert does not fire any more.
type Ended struct {
	Alert    string // alertname
	Severity alert.Severity
	Silence  alert.Silence // that muted it
	By       Actor
}

// Left says that a firing alert belongs to another incident from now on.
type Left struct {
	Alert    string // alertname
	Severity alert.Severity
	Silence  alert.Silence // that mutes it
}

// TimerDue says that a timer's moment has come. One that is not pending any more changes nothing.
type TimerDue struct{ Timer Timer }

// Acknowledge is somebody taking it.
type Acknowledge struct {
	By   Actor
	Via  string // where they said so: the kind of a channel, or ViaWeb; "" is not known
	Note string
}

// Resolve is somebody ending it, whatever its alerts do. Alerts that fire on come back after grace.
type Resolve struct {
	By   Actor
	Via  string // as of Acknowledge
	Note string
}

// ViaWeb is where somebody acts who is signed in with a browser.
const ViaWeb = "web"

// PageReported says what became of a page: accepted by a provider, or failed: none of its deliveries
// reached anybody or can still do so.
type PageReported struct {
	Page    notification.PageKey
	Purpose notification.Purpose
	Outcome PageOutcome
	By      string // the channel kind, e.g. "sms"
	Detail  string // in words
}

// Noted adds a line to the timeline and changes nothing else.
type Noted struct {
	Kind  EntryKind
	Actor Actor
	Text  string
	Data  map[string]string
}

// Repaired says that the auditor found the incident without a future.
type Repaired struct{}

// Input is what a decision may look at besides the state.
type Input struct {
	Now    time.Time
	Rules  Rules // defaults filled
	Roster Roster
}

// Command is something that must happen because of a step: one of the types below.
type Command interface{ command() }

// The commands.
type (
	// SetTimer plans a timer, in place of the pending one of its kind.
	SetTimer struct{ Timer Timer }
	// CancelTimer forgets the pending timer of this kind.
	CancelTimer struct{ Timer Timer }
	// SendPage decides that a recipient must know now.
	SendPage struct{ Page notification.Page }
	// StopDeliveries cancels deliveries of the incident that still wait, but for what channels are told: that stays true.
	StopDeliveries struct{}
	// StopPages cancels deliveries of the incident that still wait for one recipient.
	StopPages struct{ Recipient notification.Recipient }
	// Record adds to the timeline.
	Record struct{ Entry Entry }
)

func (SetTimer) command()       {}
func (CancelTimer) command()    {}
func (SendPage) command()       {}
func (StopDeliveries) command() {}
func (StopPages) command()      {}
func (Record) command()         {}

// The kinds of timeline entries that the engine makes.
const (
	EntryOpened      EntryKind = "opened"
	EntryJoined      EntryKind = "joined"
	EntryRaised      EntryKind = "raised"
	EntryReopened    EntryKind = "reopened"
	EntryHeld        EntryKind = "held"
	EntryRound       EntryKind = "round"
	EntryPaged       EntryKind = "paged"
	EntryGap         EntryKind = "level_empty"
	EntryWaits       EntryKind = "repage_waits"
	EntryLate        EntryKind = "timer_late"
	EntryDelivered   EntryKind = "page_accepted"
	EntryUndelivered EntryKind = "page_failed"
	EntryTold        EntryKind = "update_accepted"
	EntryNotTold     EntryKind = "update_failed"
	EntryGrace       EntryKind = "grace"
	EntryExhausted   EntryKind = "exhausted"
	EntryAcked       EntryKind = "acknowledged"
	EntryRenewed     EntryKind = "acknowledgement_renewed"
	EntryAckExpired  EntryKind = "acknowledgement_expired"
	EntryReminded    EntryKind = "reminded"
	EntryResolved    EntryKind = "resolved"
	EntryHealed      EntryKind = "alerts_resolved"
	EntryFlapping    EntryKind = "flapping"
	EntryStable      EntryKind = "stable"
	EntryRepaired    EntryKind = "repaired"
	EntryMoved       EntryKind = "alert_moved"
	EntrySnoozed     EntryKind = "snoozed"
	EntrySnoozeEnded EntryKind = "snooze_ended"
	EntrySilenced    EntryKind = "silenced"
	EntryUnsilenced  EntryKind = "silence_ended"
	EntryGone        EntryKind = "alerts_gone" // from where they came, without a word

	// Of the silences that we make where alerts come from, while somebody has the incident.
	EntrySilencing       EntryKind = "silencing"
	EntrySilencingEnded  EntryKind = "silencing_ended"
	EntrySilencingFailed EntryKind = "silencing_failed"

	EntryTaken      EntryKind = "taken_over"
	EntryPassedOn   EntryKind = "passed_on"
	EntryEscalated  EntryKind = "escalated"
	EntryResponder  EntryKind = "responder_added"
	EntryHelps      EntryKind = "responder_helps"
	EntryStopped    EntryKind = "responder_stopped"
	EntryMerged     EntryKind = "merged"
	EntryMergedAway EntryKind = "merged_away"
	EntryPriority   EntryKind = "priority"
	EntryNote       EntryKind = "note"
)

// assigneeTarget is the acknowledger as a target.
func assigneeTarget(a Actor) []escalation.Target {
	if a.Kind != ByUser {
		return nil
	}
	return []escalation.Target{{Kind: escalation.TargetUser, ID: a.ID}}
}
