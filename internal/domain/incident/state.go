// Package incident is the engine: what an incident is, and how it changes by what happens.
// Step is a pure function; production, simulation and tests run the same code.
package incident

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Status is where an incident stands. The zero value is open.
type Status struct{ s uint8 }

// Open is unanswered.
func Open() Status { return Status{0} }

// Acknowledged is owned by somebody.
func Acknowledged() Status { return Status{1} }

// Resolved is over.
func Resolved() Status { return Status{2} }

var statusNames = [...]string{"open", "acknowledged", "resolved"}

// String is the name on the wire.
func (s Status) String() string { return statusNames[s.s] }

// MarshalText gives the wire name.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the wire name.
func (s *Status) UnmarshalText(b []byte) error {
	v, err := ParseStatus(string(b))
	*s = v
	return err
}

// State is all that the engine knows of one incident. It is a value: Step never changes what it was given.
type State struct {
	Number  id.Incident
	ID      string // UUIDv7
	Version int64  // of the stored row; 0: never stored

	Service     id.Service
	ServiceName string
	Team        id.Team
	Environment string
	Title       string
	Runbook     string
	Source      SourceAlert
	Quiet       bool // opened by info or none: starts no round, pages nobody

	Status     Status
	Severity   alert.Severity // the highest seen since it was opened or reopened
	OpenedAt   time.Time
	AckedAt    time.Time // the last acknowledgement
	ResolvedAt time.Time
	ResolvedBy Actor
	UpdatedAt  time.Time
	Assignee   Actor // who acknowledged it; zero while open
	Alerts     int   // alerts that ever belonged to it
	Seq        int64 // of its last timeline entry

	Core
}

// Core is what only the engine looks at; stores keep it as one JSON text.
type Core struct {
	Firing      [alert.Severities]int       `json:"firing"`                // alerts that fire, by severity
	LastFired   [alert.Severities]time.Time `json:"last_fired"`            // when one of this severity last began or stopped
	First       alert.Severity              `json:"first,omitzero"`        // when the first message of it was to be sent: what mail programs keep it together by
	Names       []SeenName                  `json:"names,omitempty"`       // alert names, most recent last, at most 64
	Transitions []Transition                `json:"transitions,omitempty"` // status changes, at most 200

	Timers     []Timer `json:"timers,omitempty"` // pending; the rows are an index of these
	Generation int64   `json:"generation"`       // of the newest timer

	Round      int                      `json:"round"`
	Pass       int                      `json:"pass"`
	LevelPass  int                      `json:"level_pass"`         // the pass of the running walk, or of a level paged again
	Level      int                      `json:"level"`              // 1-based; 0 before the first page of the round
	LevelFrom  int                      `json:"level_from"`         // the lowest level that was paged together with it
	Walk       int                      `json:"walk"`               // 1-based: how many times the levels were begun
	WalkPass   int                      `json:"walk_pass"`          // the first pass of the running walk
	CatchUp    int                      `json:"catch_up,omitempty"` // levels to page at once when the walk begins
	Highest    int                      `json:"highest,omitempty"`  // level reached since the last acknowledgement
	RoundFor   RoundReason              `json:"round_for,omitempty"`
	Policy     escalation.Ref           `json:"policy"`
	Extra      []escalation.Target      `json:"extra,omitempty"`        // added to level 1 in this round
	Pages      []PageState              `json:"pages,omitempty"`        // of this round that still matter
	Paged      []notification.Recipient `json:"paged,omitempty"`        // everybody paged in this round
	Reached    bool                     `json:"reached,omitempty"`      // a provider took a page, in this round
	WalkReach  bool                     `json:"walk_reached,omitempty"` // a provider took a page, in this walk
	Repaged    bool                     `json:"repaged,omitempty"`      // the level was paged again because nothing had reached a provider
	Exhausted  bool                     `json:"exhausted,omitempty"`
	AcceptedAt time.Time                `json:"accepted_at,omitzero"` // the last page that a provider accepted
	LevelAt    time.Time                `json:"level_at,omitzero"`    // when the running level's timeout began
	Spent      time.Duration            `json:"spent,omitempty"`      // of the level's timeout, before a resolve
	Unanswered bool                     `json:"unanswered,omitempty"` // nobody acknowledged since the last round began
	Stopped    Stopped                  `json:"stopped,omitzero"`

	Changes  []time.Time `json:"changes,omitempty"` // of firing and not firing, the last 4
	Flapping bool        `json:"flapping,omitempty"`

	Silences   []Silenced `json:"silences,omitempty"`   // that mute alerts where they come from
	Suppressed bool       `json:"suppressed,omitempty"` // open, and all that fires is silenced: nobody is paged

	SnoozedUntil time.Time   `json:"snoozed_until,omitzero"`
	Chosen       Choice      `json:"chosen,omitzero"`  // level 1 of this round, in place of the policy's
	Own          Choice      `json:"own,omitzero"`     // level 1 of every round that nobody chose another for
	Manual       bool        `json:"manual,omitempty"` // opened by a person: only people resolve it
	Responders   []Responder `json:"responders,omitempty"`
	Priority     Priority    `json:"priority,omitempty"` // as people see it
	MergedInto   Other       `json:"merged_into,omitzero"`
	Merged       []Other     `json:"merged,omitempty"` // into it
}

// SourceAlert is the incident's first alert, for good.
type SourceAlert struct {
	Fingerprint string            `json:"fingerprint"`
	StartsAt    time.Time         `json:"startsAt"`
	Labels      map[string]string `json:"labels"`
}

// SeenName is an alert name, how many alerts of it fire in this incident, and when one last began or stopped.
type SeenName struct {
	Name   string    `json:"n"`
	Firing int       `json:"f,omitempty"`
	At     time.Time `json:"t"`
}

// Transition is one status change.
type Transition struct {
	Status Status    `json:"status"`
	At     time.Time `json:"timestamp"`
}

// PageState is what the engine remembers of a page.
type PageState struct {
	Pass      int                    `json:"p"`
	Level     int                    `json:"l"`
	Recipient notification.Recipient `json:"r"`
	Outcome   PageOutcome            `json:"o"`
	Until     time.Time              `json:"u"`           // its last planned delivery is due
	OwnHours  bool                   `json:"h,omitempty"` // a delivery waits by the person's own hours
	Purpose   notification.Purpose   `json:"w,omitempty"`
	Needed    bool                   `json:"n,omitempty"` // outside the levels: where it fails, a round starts
	// OfPass and OfLevel name the page whose waiting deliveries are this one's, too; OfPass 0: it has its own.
	OfPass  int `json:"op,omitempty"`
	OfLevel int `json:"ol,omitempty"`
}

// PageOutcome is what became of a page so far.
type PageOutcome uint8

// The outcomes of a page.
const (
	PagePending PageOutcome = iota
	PageAccepted
	PageFailed // every delivery failed or expired unsent, and no step waits
)

// ActorKind says who acts.
type ActorKind string

// The kinds of actors.
const (
	ByUser   ActorKind = "user"
	ByToken  ActorKind = "token"
	BySource ActorKind = "source" // an integration's signal
	BySystem ActorKind = "system"
)

// Stopped says which pages nobody needs any more, because somebody answered, it healed or another round began:
// all up to a round and pass. These only grow, which clocks do not: a page is stopped or not whatever the time
// was put to between the two.
type Stopped struct {
	Round int `json:"round"`
	Pass  int `json:"pass"`
}

// Covers says whether a page is among them.
func (s Stopped) Covers(p notification.PageKey) bool {
	return p.Round < s.Round || p.Round == s.Round && p.Pass <= s.Pass
}

// Actor is who did something. ID is a user's or token's id; Name is for people.
type Actor struct {
	Kind ActorKind `json:"kind,omitempty"`
	ID   string    `json:"id,omitempty"`
	Name string    `json:"name,omitempty"`
}

// Is says whether both are the same one, whatever they are called by now.
func (a Actor) Is(b Actor) bool { return a.Kind == b.Kind && a.ID == b.ID }

// TimerKind says what a timer is for.
type TimerKind string

// The kinds of timers.
const (
	TimerEscalate  TimerKind = "escalate"   // the acknowledgement timeout of a level
	TimerHold      TimerKind = "hold"       // before the first page
	TimerRepage    TimerKind = "repage"     // a round waits for the last accepted page to be 10 min old
	TimerReminder  TimerKind = "reminder"   // exhausted: remind the fallback
	TimerRetry     TimerKind = "retry"      // exhausted, nobody reached: try all levels again
	TimerAckRemind TimerKind = "ack_remind" // acknowledged and perhaps forgotten
	TimerAckExpire TimerKind = "ack_expire"
	TimerGrace     TimerKind = "grace"  // resolved by a person while alerts fire
	TimerStable    TimerKind = "stable" // flapping
	TimerSnooze    TimerKind = "snooze" // acknowledged until then
	TimerLook      TimerKind = "look"   // daily, for what pages nobody
	TimerSuppress  TimerKind = "suppress_end"
	TimerDoubt     TimerKind = "doubt"   // of one alert
	TimerStale     TimerKind = "stale"   // of one alert that fires by doubt
	TimerLease     TimerKind = "lease"   // of one alert that must be sent again
	TimerMissing   TimerKind = "missing" // of one alert that fires where no sign of life comes
)

// Timer is a moment at which something must be decided about an incident. Subject is "" or,
// for doubt and stale, the alert ("<integration>/<fingerprint>"). At most one is pending for (incident, kind, subject).
type Timer struct {
	Incident   id.Incident `json:"-"`
	Kind       TimerKind   `json:"k"`
	Subject    string      `json:"s,omitempty"`
	Generation int64       `json:"g"`
	DueAt      time.Time   `json:"d"`
}

// Entry is one line of an incident's timeline. Kind is permanent ("opened", "joined", "paged", …);
// Text says it in words; Data has the facts for programs.
type Entry struct {
	Incident id.Incident
	OpenedAt time.Time // the incident's: part of the key
	Seq      int64
	At       time.Time
	Kind     EntryKind
	Actor    Actor
	Text     string
	Data     map[string]string
}

// EntryKind is the kind of a timeline entry.
type EntryKind string

// Change is what one transaction makes of one incident: the state and all that goes with it.
// Several steps fold into one change.
type Change struct {
	State   State
	Entries []Entry
	Set     []Timer                  // insert, or replace the pending one of the same kind and subject
	Cancel  []Timer                  // kind and subject count
	Pages   []notification.Page      // with their deliveries
	Stop    bool                     // cancel deliveries that wait and were made before this change
	StopFor []notification.Recipient // of these only
	Point   []string                 // correlation keys that lead here from now on
}
