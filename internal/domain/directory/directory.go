// Package directory knows what people own: users, teams, services, integrations, channels, policies.
package directory

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Role decides what a user may do.
type Role string

// The roles: a viewer reads, a responder also answers incidents, an admin also changes what people own.
const (
	Viewer    Role = "viewer"
	Responder Role = "responder"
	Admin     Role = "admin"
)

// User is a person.
type User struct {
	ID       id.User
	Email    string // unique, lower case
	Name     string
	TimeZone string // IANA name
	Role     Role
	Contacts []notification.Contact
	Rules    notification.Rules // empty: the defaults of DefaultRules
	Disabled bool
}

// Team is a named group of users.
type Team struct {
	ID      id.Team
	Name    string
	Members []id.User
}

// Channel is a shared destination: a chat channel, a webhook, a mailing list.
type Channel struct {
	ID   id.Channel
	Name string
	Kind string // channel kind of the registry
	To   string
}

// Service is what breaks: its owner, its policy, its rules.
type Service struct {
	ID        id.Service
	Name      string // unique
	Team      id.Team
	Policy    id.Policy          // "" means the default policy
	Correlate incident.Correlate // zero: service_env_severity
	Channels  []id.Channel       // told of its incidents, without being escalation levels
	Rules     incident.Rules     // zero durations mean the defaults
	Unclaimed bool               // created by an alert; nobody has claimed it yet
	CreatedBy id.Integration     // the integration whose alert created it, else ""
}

// IntegrationKind is a source's protocol.
type IntegrationKind string

// The kinds of integrations that exist.
const (
	Alertmanager IntegrationKind = "alertmanager"
)

// Integration is a source of alerts with a key of its own, which can only send.
type Integration struct {
	ID        id.Integration
	Name      string // unique
	Kind      IntegrationKind
	KeyHash   string         // hex SHA-256 of the key
	Mapping   *alert.Mapping // nil: the default
	RateLimit float64        // requests per second; 0: the default
	Burst     int            // 0: the default
	Allow     []string       // CIDRs that may send; empty: all
	Disabled  bool
}

// Settings are the installation's own.
type Settings struct {
	DefaultPolicy id.Policy
	Fallback      []escalation.Target // empty: all admins
}

// Snapshot is everything that people own at one version, immutable, with its lookups built once.
// It is the engine's roster.
type Snapshot struct {
	Version      int64
	Settings     Settings
	Users        map[id.User]*User
	Teams        map[id.Team]*Team
	Channels     map[id.Channel]*Channel
	Services     map[id.Service]*Service
	Integrations map[id.Integration]*Integration
	Policies     map[escalation.Ref]*escalation.Policy // every version that an incident may refer to
	Current      map[id.Policy]escalation.Ref          // the newest version of each

	serviceByName map[string]*Service
	byKeyHash     map[string]*Integration
	contacts      map[id.Contact]*User
	admins        []id.User
	created       map[id.Integration]int
	zones         map[string]*time.Location
	expiry        func(kind string) time.Duration
	sendable      func(kind string) bool
	editions      map[Entity]Edition
}
