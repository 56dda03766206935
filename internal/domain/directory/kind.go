package directory

// Kind is a kind of what people own.
type Kind string

// The kinds.
const (
	KindUser        Kind = "user"
	KindTeam        Kind = "team"
	KindChannel     Kind = "channel"
	KindPolicy      Kind = "policy"
	KindService     Kind = "service"
	KindIntegration Kind = "integration"
)
