package admin

import (
	"fmt"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Desired is what people want to own, by names. What it does not name is left alone: an entity that it
// leaves out, and a field that is not Set.
type Desired struct {
	Settings     DesiredSettings
	Users        []DesiredUser
	Teams        []DesiredTeam
	Channels     []DesiredChannel
	Policies     []DesiredPolicy
	Services     []DesiredService
	Integrations []DesiredIntegration
}

// Document is one file of a configuration. Name is for error messages only.
type Document struct {
	Name    string `json:"name"`
	Content string `json:"content"`
}

// Position is where something stands in a document.
type Position struct {
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`
	Field string `json:"field,omitempty"` // "users[0].contacts[1].kind"
}

// String gives "file:line: field", or "file:line" where no field is known; of what is in no file, the field.
func (p Position) String() string {
	if p.File == "" && p.Line == 0 {
		return p.Field
	}
	if p.Field == "" {
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Field)
}

// Opt is a value that a document may leave out.
type Opt[T any] struct {
	Value T
	At    Position
	Set   bool
}

// Desired entities. Name (a user's Email) says which one is meant.
type (
	// DesiredSettings are the installation's own.
	DesiredSettings struct {
		DefaultPolicy Opt[string]
		Fallback      Opt[[]DesiredTarget]
	}
	// DesiredUser is a person; Contacts and rules are replaced as a whole.
	DesiredUser struct {
		Email, Name, TimeZone, Role Opt[string]
		Disabled                    Opt[bool]
		Contacts                    Opt[[]DesiredContact]
		High, Low                   Opt[[]DesiredStep]
	}
	// DesiredContact is one way to reach a person. ID says which of theirs it was, by whatever name; "": the name does.
	DesiredContact struct {
		ID             id.Contact
		Name, Kind, To Opt[string]
	}
	// DesiredStep is a step of a person's rules; Contact is the name of one.
	DesiredStep struct {
		After   Opt[time.Duration]
		Contact Opt[string]
		Hours   *notification.Hours
	}
	// DesiredTeam names its members by email.
	DesiredTeam struct {
		Name    Opt[string]
		Members Opt[[]Opt[string]]
	}
	// DesiredChannel is a shared destination; Options are replaced as a whole. KeyEnv names an environment variable like
	// that of an integration, Key is the key itself; one that is left out stays.
	DesiredChannel struct {
		Name, Kind, To, Key, KeyEnv Opt[string]
		Options                     Opt[map[string]string]
	}
	// DesiredTarget names a user by email, a team or a channel by name; a schedule's kind is refused.
	DesiredTarget struct {
		Kind escalation.TargetKind
		Name string
		At   Position
	}
	// DesiredLevel is one step of a policy.
	DesiredLevel struct {
		AckTimeout, AckTimeoutLow Opt[time.Duration]
		Targets                   []DesiredTarget
		At                        Position
	}
	// DesiredPolicy is an escalation policy; Levels are replaced as a whole.
	DesiredPolicy struct {
		Name   Opt[string]
		Repeat Opt[int]
		Levels Opt[[]DesiredLevel]
	}
	// DesiredService is a monitored service; Rules are replaced as a whole.
	DesiredService struct {
		Name, Team, Policy Opt[string]
		Correlate          Opt[incident.Correlate]
		Channels           Opt[[]Opt[string]]
		Rules              Opt[incident.Rules]
	}
	// DesiredIntegration is a source of alerts. KeyEnv names an environment variable, whose value comes
	// beside the document; a new integration without it is given a key.
	DesiredIntegration struct {
		Name, Kind, KeyEnv Opt[string]
		RateLimit          Opt[float64]
		Burst              Opt[int]
		Allow              Opt[[]Opt[string]]
		Disabled           Opt[bool]
		Every, Grace       Opt[time.Duration] // of a heartbeat
		Transform          Opt[string]        // of a webhook
		// Where its Alertmanagers are read. Login is the login itself, LoginEnv names an environment variable that has it; one
		// that is left out stays.
		Alertmanager        Opt[[]Opt[string]]
		Login, LoginEnv, CA Opt[string]
		Silence             Opt[bool]
	}
)

// Problem is one thing that is wrong with a document.
type Problem struct {
	Position
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Problems are all that is wrong with a document, in its order. As an error it is a fault of kind Invalid.
type Problems []Problem

// Add notes a problem.
func (p *Problems) Add(at Position, code, format string, args ...any) {
	*p = append(*p, Problem{at, code, fmt.Sprintf(format, args...)})
}

// AddError notes what a check of the domain found.
func (p *Problems) AddError(at Position, err error) {
	f := fault.Of(err)
	p.Add(at, f.Code, "%s", f.Message)
}

// Err gives the problems as an error, nil where there are none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Error gives a line per problem: "file:line: field: message".
func (p Problems) Error() string {
	var b strings.Builder
	for i, x := range p {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s: %s", x.Position, x.Message)
	}
	return b.String()
}

// Unwrap gives the fault that callers act on.
func (p Problems) Unwrap() error {
	if len(p) == 1 {
		return fault.Invalid("apply.invalid", "%s", p.Error())
	}
	return fault.Invalid("apply.invalid", "the configuration has %d problems; nothing was changed", len(p))
}
