// Package directory knows what people own: users, teams, services, integrations, channels, policies.
package directory

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
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

	Options map[string]string `json:",omitempty"` // what its kind lets one choose
	Key     string            `json:",omitempty"` // by which the other end knows us, where its kind has one; never shown
}

// OptionAfter is the option of channels that are told only of what is still open after so long.
const OptionAfter = "after"

// after is how long an incident must have been open before the channel is told.
func (c *Channel) after() time.Duration {
	d, _ := time.ParseDuration(c.Options[OptionAfter]) // it was looked at when it was saved
	return max(d, 0)
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

// The kinds of integrations that exist. The kind says what a sender is told to do; a key takes what any of them sends.
const (
	Alertmanager IntegrationKind = "alertmanager"
	Prometheus   IntegrationKind = "prometheus" // without an Alertmanager between
	PagerDuty    IntegrationKind = "pagerduty"  // what speaks its Events API v2
	Opsgenie     IntegrationKind = "opsgenie"   // what speaks its Alert API
	Webhook      IntegrationKind = "webhook"    // any JSON, by a mapping
	Email        IntegrationKind = "email"      // mail to KEY@domain, by a mapping or the subject
	Heartbeat    IntegrationKind = "heartbeat"  // a sign of life, whose absence is the alert
)

// IntegrationKinds are all kinds, in the order in which people are offered them.
func IntegrationKinds() []IntegrationKind {
	return []IntegrationKind{Alertmanager, Prometheus, PagerDuty, Opsgenie, Webhook, Email, Heartbeat}
}

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

	Every time.Duration // of a heartbeat: how often it comes; 0: not a heartbeat
	Grace time.Duration // of a heartbeat: by how much it may be late

	Transform string // of a webhook, or of mail: the expression that makes alerts of what is sent

	API AlertmanagerAPI `json:",omitzero"` // of the kind alertmanager: where it is read
}

// AlertmanagerAPI says where the Alertmanagers can be read that send.
type AlertmanagerAPI struct {
	URLs    []string // of every peer of a cluster; empty: it is not read
	Login   string   // user:password, or a bearer token; "": none. Never shown
	CA      string   // PEM of whom to trust beside the system's; "": nobody
	Silence bool     // what somebody has acknowledged is silenced there
}

// Place names what is read: with other addresses, or as somebody else, other alerts may be there. It shows neither.
func (a AlertmanagerAPI) Place() string {
	urls := slices.Sorted(slices.Values(a.URLs))
	sum := sha256.Sum256([]byte(strings.Join(append(urls, a.Login), "\x00")))
	return hex.EncodeToString(sum[:6])
}

// Reads says whether its Alertmanagers are read.
func (i *Integration) Reads() bool {
	return i.Kind == Alertmanager && !i.Disabled && len(i.API.URLs) > 0
}

// TakesFrom says whether alerts may come from an address.
func (i *Integration) TakesFrom(client netip.Addr) bool {
	return len(i.Allow) == 0 || slices.ContainsFunc(i.Allow, func(network string) bool {
		n, err := netip.ParsePrefix(network)
		return err == nil && n.Contains(client)
	})
}

// Silence is after how long without a sign of life a heartbeat is missing; 0 for what is none.
func (i *Integration) Silence() time.Duration {
	if i.Kind != Heartbeat || i.Every == 0 {
		return 0
	}
	return i.Every + i.Grace
}

// Principal is what an integration may do with the incidents of what it sent itself: answer them, as its senders ask.
func (i *Integration) Principal() Principal {
	return Principal{Actor: incident.Actor{Kind: incident.BySource, ID: string(i.ID), Name: i.Name}, Role: Responder}
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
	follows       func(kind string) bool
	editions      map[Entity]Edition
}
