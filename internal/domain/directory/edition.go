package directory

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Edition is an entity's last change by somebody. Version is the directory's own at that change; 1 for what nobody has
// changed since this is kept.
type Edition struct {
	Version int64 `json:"-"`
	By      string
	At      time.Time
}

// Entity says which entity is meant. The settings' ID is "".
type Entity struct {
	Kind Kind
	ID   string
}

// Edited lets the snapshot know who changed what last. It is called before the snapshot is shared.
func (s *Snapshot) Edited(editions map[Entity]Edition) *Snapshot {
	s.editions = editions
	return s
}

// Edition is an entity's last change.
func (s *Snapshot) Edition(of Entity) Edition {
	e := s.editions[of]
	e.Version = max(e.Version, 1)
	return e
}

// Unchanged refuses a change of what somebody else has changed since the version that the change began from.
func (s *Snapshot) Unchanged(of Entity, since int64) error {
	e := s.Edition(of)
	if e.Version == since {
		return nil
	}
	if e.By == "" {
		return fault.Conflict("directory.edited", "it was changed meanwhile: look at it again")
	}
	return fault.Conflict("directory.edited", "%s changed it at %s: look at it again", e.By, e.At.UTC().Format("15:04 UTC on 2 January"))
}

// Puts says which entities an edit makes or replaces.
func (e Edit) Puts() []Entity {
	var out []Entity
	if e.Settings != nil {
		out = append(out, Entity{Kind: KindSettings})
	}
	for _, v := range e.Users {
		out = append(out, Entity{KindUser, string(v.ID)})
	}
	for _, v := range e.Teams {
		out = append(out, Entity{KindTeam, string(v.ID)})
	}
	for _, v := range e.Channels {
		out = append(out, Entity{KindChannel, string(v.ID)})
	}
	for _, v := range e.Policies {
		out = append(out, Entity{KindPolicy, string(v.ID)})
	}
	for _, v := range e.Services {
		out = append(out, Entity{KindService, string(v.ID)})
	}
	for _, v := range e.Integrations {
		out = append(out, Entity{KindIntegration, string(v.ID)})
	}
	return out
}
