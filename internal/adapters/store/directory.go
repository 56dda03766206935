package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Directory reads what people own.
func (tx *Tx) Directory() ports.Directory { return people{tx} }

// Catalog changes what people own.
func (tx *Tx) Catalog() ports.Catalog { return people{tx} }

// people keeps what people own: an entity is its id, its unique name and a body, the JSON of the domain's struct.
type people struct{ tx *Tx }

// Current costs one small query where nothing changed. A snapshot enters the shared cache only when its
// transaction has committed: a version that was rolled back will be somebody else's.
func (r people) Current(ctx context.Context) (*directory.Snapshot, error) {
	if r.tx.snapshot != nil {
		return r.tx.snapshot, nil
	}
	var version int64
	err := r.tx.Query(ctx, `SELECT version FROM settings WHERE id = 1`, func(scan engine.Scan) error { return scan(&version) })
	if err != nil {
		return nil, err
	}
	if s := r.tx.db.snapshot.Load(); s != nil && s.Version == version {
		r.tx.snapshot = s
		return s, nil
	}
	s, err := r.load(ctx)
	if err != nil {
		return nil, err
	}
	r.tx.snapshot = s
	r.tx.AfterCommit(func() { r.tx.db.publish(s) })
	return s, nil
}

// Newest locks what every edit raises.
func (r people) Newest(ctx context.Context) (*directory.Snapshot, error) {
	if _, err := r.tx.Exec(ctx, `UPDATE settings SET version = version WHERE id = 1`); err != nil {
		return nil, err
	}
	r.tx.snapshot = nil
	return r.Current(ctx)
}

func (db *DB) publish(s *directory.Snapshot) {
	for {
		old := db.snapshot.Load()
		if old != nil && old.Version >= s.Version || db.snapshot.CompareAndSwap(old, s) {
			return
		}
	}
}

// loadDirectory is one statement: under READ COMMITTED several would see several moments.
const loadDirectory = `
	SELECT 'settings' AS kind, version, FALSE AS hidden, body FROM settings WHERE id = 1
	UNION ALL SELECT 'user',        0, FALSE, body FROM user_account
	UNION ALL SELECT 'team',        0, FALSE, body FROM team
	UNION ALL SELECT 'channel',     0, FALSE, body FROM channel
	UNION ALL SELECT 'service',     0, FALSE, body FROM service
	UNION ALL SELECT 'integration', 0, FALSE, body FROM integration
	UNION ALL SELECT 'policy', version, hidden, body FROM escalation_policy
	UNION ALL SELECT 'edited', version, FALSE, body FROM edited`

func (r people) load(ctx context.Context) (*directory.Snapshot, error) {
	var all directory.Edit
	var settings directory.Settings
	var version int64
	hidden := map[id.Policy]int{} // by the newest version seen: its number where hidden, else 0
	editions := map[directory.Entity]directory.Edition{}
	err := r.tx.Query(ctx, loadDirectory, func(scan engine.Scan) error {
		var kind string
		var v int64
		var h bool
		var body []byte
		if err := scan(&kind, &v, &h, &body); err != nil {
			return err
		}
		switch kind {
		case "settings":
			version = v
			return json.Unmarshal(body, &settings)
		case "user":
			return appendJSON(&all.Users, body)
		case "team":
			return appendJSON(&all.Teams, body)
		case "channel":
			return appendJSON(&all.Channels, body)
		case "service":
			return appendJSON(&all.Services, body)
		case "integration":
			return appendJSON(&all.Integrations, body)
		case "edited":
			var e edited
			err := json.Unmarshal(body, &e)
			e.Version = v
			editions[e.Entity] = e.Edition
			return err
		}
		err := appendJSON(&all.Policies, body)
		if p := all.Policies[len(all.Policies)-1]; h {
			hidden[p.ID] = max(hidden[p.ID], p.Version)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	all.DeletePolicies = stillHidden(all.Policies, hidden)
	snap := directory.NewSnapshot(version, settings, all, r.tx.db.options.Expiry)
	return snap.Sendable(r.tx.db.options.Sendable).Following(r.tx.db.options.Follows).Edited(editions), nil
}

// stillHidden gives the policies whose newest version is hidden: a later edit brings one back.
func stillHidden(policies []escalation.Policy, hidden map[id.Policy]int) []id.Policy {
	for _, p := range policies {
		if p.Version > hidden[p.ID] {
			delete(hidden, p.ID)
		}
	}
	var out []id.Policy
	for p := range hidden {
		out = append(out, p)
	}
	return out
}

func appendJSON[T any](to *[]T, body []byte) error {
	var v T
	err := json.Unmarshal(body, &v)
	*to = append(*to, v)
	return err
}

// entity makes the statement that inserts or replaces one kind.
func entity(table string) *engine.Stmt {
	return engine.Insert(table, `id text, name text, body text`,
		`ON CONFLICT (id) DO UPDATE SET name = excluded.name, body = excluded.body`)
}

var (
	putUser        = entity("user_account")
	putTeam        = entity("team")
	putChannel     = entity("channel")
	putService     = entity("service")
	putIntegration = entity("integration")
	putPolicy      = engine.Insert("escalation_policy", `id text, version bigint, name text, hidden boolean, body text`, "")
)

func (r people) Apply(ctx context.Context, e directory.Edit) error {
	if err := r.raise(ctx); err != nil {
		return err
	}
	r.tx.snapshot = nil
	if e.Settings != nil {
		body, err := encode(e.Settings)
		if err != nil {
			return err
		}
		if _, err := r.tx.Exec(ctx, `UPDATE settings SET body = $1 WHERE id = 1`, body); err != nil {
			return err
		}
	}
	if err := r.put(ctx, e); err != nil {
		return err
	}
	if err := r.note(ctx, e); err != nil {
		return err
	}
	return r.remove(ctx, e)
}

// raise raises the version, whose lock orders edits. An edit planned by a snapshot that is not the newest any
// more is ports.ErrStale: it would write over what it has not seen.
func (r people) raise(ctx context.Context) error {
	if r.tx.snapshot == nil {
		_, err := r.tx.Exec(ctx, `UPDATE settings SET version = version + 1 WHERE id = 1`)
		return err
	}
	n, err := r.tx.Exec(ctx, `UPDATE settings SET version = version + 1 WHERE id = 1 AND version = $1`, r.tx.snapshot.Version)
	if err == nil && n == 0 {
		return fmt.Errorf("%w: the directory", ports.ErrStale)
	}
	return err
}

func (r people) put(ctx context.Context, e directory.Edit) error {
	users, err1 := put(putUser, e.Users, func(v directory.User) (string, string) { return string(v.ID), strings.ToLower(v.Email) })
	teams, err2 := put(putTeam, e.Teams, func(v directory.Team) (string, string) { return string(v.ID), v.Name })
	channels, err3 := put(putChannel, e.Channels, func(v directory.Channel) (string, string) { return string(v.ID), v.Name })
	services, err4 := put(putService, e.Services, func(v directory.Service) (string, string) { return string(v.ID), v.Name })
	integrations, err5 := put(putIntegration, e.Integrations, func(v directory.Integration) (string, string) { return string(v.ID), v.Name })
	policies := putPolicy.Rows(len(e.Policies))
	for _, p := range e.Policies {
		body, err := encode(p)
		if err != nil {
			return err
		}
		policies.Add(string(p.ID), int64(p.Version), p.Name, false, body)
	}
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return err
	}
	return r.tx.Send(ctx, users, teams, channels, services, integrations, policies)
}

// edited is how an entity's last change is kept. That of one which is deleted stays: nobody asks for it.
type edited struct {
	directory.Entity
	directory.Edition
}

var putEdited = engine.Insert("edited", `kind text, id text, version bigint, body text`,
	`ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, body = excluded.body`)

// note keeps who changed what, at the version that the edit has made.
func (r people) note(ctx context.Context, e directory.Edit) error {
	if e.By == "" {
		return nil
	}
	var version int64
	if err := r.tx.Query(ctx, `SELECT version FROM settings WHERE id = 1`, func(scan engine.Scan) error { return scan(&version) }); err != nil {
		return err
	}
	puts := e.Puts()
	b := putEdited.Rows(len(puts))
	for _, of := range puts {
		body, err := encode(edited{of, directory.Edition{By: e.By, At: e.At}})
		if err != nil {
			return err
		}
		b.Add(string(of.Kind), of.ID, version, body)
	}
	return r.tx.Send(ctx, b)
}

func put[T any](stmt *engine.Stmt, entities []T, key func(T) (id, name string)) (*engine.Batch, error) {
	b := stmt.Rows(len(entities))
	for _, v := range entities {
		body, err := encode(v)
		if err != nil {
			return nil, err
		}
		i, name := key(v)
		b.Add(i, name, body)
	}
	return b, nil
}

func (r people) remove(ctx context.Context, e directory.Edit) error {
	for _, d := range []struct {
		query string
		ids   []string
	}{
		{`DELETE FROM user_account WHERE id {in $1}`, texts(e.DeleteUsers)},
		{`DELETE FROM team WHERE id {in $1}`, texts(e.DeleteTeams)},
		{`DELETE FROM channel WHERE id {in $1}`, texts(e.DeleteChannels)},
		{`DELETE FROM service WHERE id {in $1}`, texts(e.DeleteServices)},
		{`DELETE FROM integration WHERE id {in $1}`, texts(e.DeleteIntegrations)},
		{`UPDATE escalation_policy SET hidden = TRUE WHERE id {in $1}`, texts(e.DeletePolicies)},
	} {
		if len(d.ids) == 0 {
			continue
		}
		if _, err := r.tx.Exec(ctx, d.query, d.ids); err != nil {
			return err
		}
	}
	return nil
}

var (
	_ ports.Directory = people{}
	_ ports.Catalog   = people{}
)
