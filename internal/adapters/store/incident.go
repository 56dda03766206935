package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Incidents changes incidents.
func (tx *Tx) Incidents() ports.Incidents { return incidents{tx} }

type incidents struct{ tx *Tx }

func (r incidents) Reserve(ctx context.Context, n int) ([]id.Incident, error) {
	numbers, err := r.tx.Reserve(ctx, "incident_number", n)
	if err != nil {
		return nil, err
	}
	out := make([]id.Incident, len(numbers))
	for i, v := range numbers {
		out[i] = id.Incident(v)
	}
	return out, nil
}

const findIncidents = `
	SELECT number, id FROM incident WHERE number {in $1}
	UNION
	SELECT number, id FROM incident WHERE id {in $2}`

func (r incidents) Find(ctx context.Context, refs []string) (map[string]id.Incident, error) {
	out, err := r.tx.find(ctx, refs)
	if err != nil || len(out) == 0 {
		return out, err
	}
	return out, r.tx.follow(ctx, out)
}

const followMerged = `SELECT incident, survivor FROM merged WHERE incident {in $1}`

// follow goes from incidents that were merged to those that go on, however often.
func (tx *Tx) follow(ctx context.Context, found map[string]id.Incident) error {
	look := slices.Collect(maps.Values(found))
	for len(look) > 0 {
		into := map[id.Incident]id.Incident{}
		err := tx.Query(ctx, followMerged, func(scan engine.Scan) error {
			var n, survivor id.Incident
			err := scan(&n, &survivor)
			into[n] = survivor
			return err
		}, int64s(look))
		if err != nil {
			return err
		}
		for ref, n := range found {
			if survivor, ok := into[n]; ok {
				found[ref] = survivor
			}
		}
		look = slices.Collect(maps.Values(into))
	}
	return nil
}

// find is Find without a look at what was merged.
func (tx *Tx) find(ctx context.Context, refs []string) (map[string]id.Incident, error) {
	var numbers []int64
	for _, ref := range refs {
		if n, ok := number(ref); ok {
			numbers = append(numbers, n)
		}
	}
	byID, known := map[string]id.Incident{}, map[int64]bool{}
	err := tx.Query(ctx, findIncidents, func(scan engine.Scan) error {
		var n int64
		var public string
		err := scan(&n, &public)
		byID[public], known[n] = id.Incident(n), true
		return err
	}, list(numbers), list(refs))
	if err != nil {
		return nil, err
	}
	out := make(map[string]id.Incident, len(refs))
	for _, ref := range refs {
		if n, ok := number(ref); ok && known[n] {
			out[ref] = id.Incident(n)
		} else if n, ok := byID[ref]; ok {
			out[ref] = n
		}
	}
	return out, nil
}

func number(ref string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(ref, "#"), 10, 64)
	return n, err == nil && n > 0
}

const incidentColumns = `number, id, version, service_id, service, team, environment, title, runbook, source,
	quiet, severity, status, opened_at, acked_at, resolved_at, resolved_by, updated_at,
	assignee_kind, assignee_id, assignee_name, alerts, seq, core`

const lockIncidents = `
	SELECT ` + incidentColumns + `
	FROM incident WHERE number {in $1}
	ORDER BY number
	{for update}`

const lockVersions = `
	SELECT number, version, updated_at
	FROM incident WHERE number {in $1}
	ORDER BY number
	{for update}`

func (r incidents) Lock(ctx context.Context, numbers []id.Incident) (map[id.Incident]incident.State, error) {
	known := r.tx.db.cache.get(numbers)
	if 2*len(known) < len(numbers) {
		return r.load(ctx, numbers, make(map[id.Incident]incident.State, len(numbers)))
	}
	out := make(map[id.Incident]incident.State, len(numbers))
	var missing []id.Incident
	err := r.tx.Query(ctx, lockVersions, func(scan engine.Scan) error {
		var n id.Incident
		var version, updated int64
		err := scan(&n, &version, &updated)
		if s, ok := known[n]; ok && s.Version == version && micros(s.UpdatedAt) == updated {
			out[n] = s
		} else {
			missing = append(missing, n)
		}
		return err
	}, int64s(numbers))
	if err != nil {
		return nil, err
	}
	for _, s := range out {
		r.tx.remember(s)
	}
	if len(missing) == 0 {
		return out, nil
	}
	return r.load(ctx, missing, out)
}

// load reads and locks incidents whole.
func (r incidents) load(ctx context.Context, numbers []id.Incident, into map[id.Incident]incident.State) (map[id.Incident]incident.State, error) {
	states, err := r.tx.states(ctx, lockIncidents, numbers)
	for n, s := range states {
		into[n] = s
		r.tx.remember(s)
	}
	return into, err
}

// readable gives incidents without those that cannot be read: one broken row must not keep the others from people.
func (tx *Tx) readable(ctx context.Context, numbers []id.Incident) (map[id.Incident]incident.State, error) {
	out := make(map[id.Incident]incident.State, len(numbers))
	err := tx.Query(ctx, readIncidents, func(scan engine.Scan) error {
		s, err := scanIncident(scan)
		if err == nil {
			out[s.Number] = s
		} else if s.Number == 0 {
			return err
		}
		return nil
	}, int64s(numbers))
	return out, err
}

// states runs a query that gives incidents by number.
func (tx *Tx) states(ctx context.Context, query string, numbers []id.Incident) (map[id.Incident]incident.State, error) {
	out := make(map[id.Incident]incident.State, len(numbers))
	err := tx.Query(ctx, query, func(scan engine.Scan) error {
		s, err := scanIncident(scan)
		out[s.Number] = s
		return err
	}, int64s(numbers))
	return out, err
}

func scanIncident(scan engine.Scan) (incident.State, error) {
	var s incident.State
	var source, resolvedBy, core string
	var severity, status int
	var opened, acked, resolved, updated int64
	err := scan(&s.Number, &s.ID, &s.Version, &s.Service, &s.ServiceName, &s.Team, &s.Environment, &s.Title, &s.Runbook, &source,
		&s.Quiet, &severity, &status, &opened, &acked, &resolved, &resolvedBy, &updated,
		&s.Assignee.Kind, &s.Assignee.ID, &s.Assignee.Name, &s.Alerts, &s.Seq, &core)
	if err != nil {
		return s, err
	}
	s.Severity = alert.SeverityOfRank(severity)
	s.Status, err = statusOf(status)
	s.OpenedAt, s.AckedAt, s.ResolvedAt, s.UpdatedAt = fromMicros(opened), fromMicros(acked), fromMicros(resolved), fromMicros(updated)
	err = errors.Join(err, decode(source, &s.Source), decode(resolvedBy, &s.ResolvedBy), decodeCore(core, &s.Core))
	if err != nil {
		return s, fmt.Errorf("incident %s cannot be read: %w", s.Number, err)
	}
	for i := range s.Timers {
		s.Timers[i].Incident = s.Number
	}
	return s, nil
}

// statuses by the number that is stored.
var statuses = [...]incident.Status{incident.Open(), incident.Acknowledged(), incident.Resolved()}

// knownStatus lets through those that this version can work.
const knownStatus = `i.status IN (0, 1, 2)`

// statusOf refuses what only a newer version knows.
func statusOf(number int) (incident.Status, error) {
	if number < 0 || number >= len(statuses) {
		return incident.Status{}, fmt.Errorf("unknown status %d", number)
	}
	return statuses[number], nil
}

func statusNumber(s incident.Status) int64 { return int64(slices.Index(statuses[:], s)) }

const unresolvedIncidents = `
	SELECT number FROM listing
	WHERE service_id = $1 AND status IN (0, 1)
	UNION
	SELECT l.number FROM timer t JOIN listing l ON l.number = t.incident
	WHERE t.kind = 'grace' AND l.service_id = $1
	ORDER BY number`

func (r incidents) Unresolved(ctx context.Context, service id.Service) ([]id.Incident, error) {
	return r.tx.numbers(ctx, unresolvedIncidents, string(service))
}

func (tx *Tx) numbers(ctx context.Context, query string, args ...any) ([]id.Incident, error) {
	var out []id.Incident
	err := tx.Query(ctx, query, func(scan engine.Scan) error {
		var n id.Incident
		err := scan(&n)
		out = append(out, n)
		return err
	}, args...)
	return out, err
}

// Correlations leads from correlation keys to incidents.
func (tx *Tx) Correlations() ports.Correlations { return correlations{tx} }

type correlations struct{ tx *Tx }

// lockKeys writes the row as it is, which inserts or locks it at once. SQLite needs no lock.
var lockKeys = &engine.Stmt{
	Postgres: `
	INSERT INTO correlation (key, incident) SELECT key, 0 FROM unnest($1::text[]) AS rows (key)
	ON CONFLICT (key) DO UPDATE SET incident = correlation.incident
	RETURNING key, incident`,
	SQLite: `SELECT key, incident FROM correlation WHERE key = $1`,
	Types:  []string{"text"},
}

func (r correlations) Lock(ctx context.Context, keys []string) (map[string]id.Incident, error) {
	sorted := slices.Compact(slices.Sorted(slices.Values(keys)))
	b := lockKeys.Rows(len(sorted))
	out := make(map[string]id.Incident, len(sorted))
	for _, k := range sorted {
		b.Add(k)
		out[k] = 0
	}
	err := r.tx.QueryRows(ctx, b, func(scan engine.Scan) error {
		var k string
		var n id.Incident
		err := scan(&k, &n)
		out[k], r.tx.leads[k] = n, n
		return err
	})
	return out, err
}

const keysOfIncident = `SELECT key FROM correlation WHERE incident = $1 ORDER BY key`

func (r correlations) Of(ctx context.Context, n id.Incident) ([]string, error) {
	var out []string
	err := r.tx.Query(ctx, keysOfIncident, func(scan engine.Scan) error {
		var k string
		err := scan(&k)
		out = append(out, k)
		return err
	}, int64(n))
	return out, err
}

var (
	_ ports.Incidents    = incidents{}
	_ ports.Correlations = correlations{}
)
