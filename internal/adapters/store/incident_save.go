package store

import (
	"context"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

var (
	insertIncident = engine.Insert("incident", `number bigint, id text, version bigint, service_id text, service text, team text,
		environment text, title text, runbook text, source text, quiet boolean, severity bigint, status bigint,
		opened_at bigint, acked_at bigint, resolved_at bigint, resolved_by text, updated_at bigint,
		assignee_kind text, assignee_id text, assignee_name text, alerts bigint, seq bigint, core text`, "")
	updateIncident = engine.Update("incident", `number bigint, version bigint`, `severity bigint, status bigint, quiet boolean,
		acked_at bigint, resolved_at bigint, resolved_by text, updated_at bigint,
		assignee_kind text, assignee_id text, assignee_name text, alerts bigint, seq bigint, core text`, `version = incident.version + 1`)
	describeIncident = engine.Update("incident", `number bigint`, `service_id text, service text, team text, environment text,
		title text, runbook text`, "")

	insertListing = engine.Insert("listing", `opened_at bigint, number bigint, status bigint, severity bigint, service_id text,
		environment text, team text, assignee text, search text, priority bigint, alike bigint, to_answer bigint, lasted bigint, answered boolean`, "")
	updateListing = engine.Update("listing", `opened_at bigint, number bigint`, `status bigint, severity bigint, service_id text,
		environment text, team text, assignee text, search text, priority bigint, alike bigint, to_answer bigint, lasted bigint, answered boolean`, "")

	insertEntry = engine.Insert("timeline", `opened_at bigint, incident bigint, seq bigint, at bigint, kind text,
		actor_kind text, actor_id text, actor_name text, body text, data text`, "")
	pointKey = engine.Insert("correlation", `key text, incident bigint`,
		`ON CONFLICT (key) DO UPDATE SET incident = excluded.incident`)
	insertChange = engine.Insert("change", `incident bigint, version bigint, at bigint`, "")

	// By the incident's own deliveries: the index of what waits would be read whole, for every incident.
	stopDeliveries = engine.Over(`UPDATE delivery SET status = 'cancelled' WHERE status || '' = 'waiting'
		AND NOT (purpose = 'update' AND recipient LIKE 'channel:%') AND incident IN (SELECT incident FROM {rows incident bigint} AS r)`)
	stopPages = engine.Over(`UPDATE delivery SET status = 'cancelled' FROM {rows incident bigint, recipient text} AS r
		WHERE delivery.incident = r.incident AND delivery.recipient = r.recipient AND delivery.status || '' = 'waiting'`)
	setMerged  = engine.Insert("merged", `incident bigint, survivor bigint`, `ON CONFLICT (incident) DO UPDATE SET survivor = excluded.survivor`)
	unmerge    = engine.Over(`DELETE FROM merged WHERE incident IN (SELECT incident FROM {rows incident bigint} AS r)`)
	insertPage = engine.Insert("page", `incident bigint, round bigint, pass bigint, level bigint, recipient text, purpose text,
		reason text, event text, high boolean, severity bigint, at bigint`, "")
	insertDelivery = engine.Insert("delivery", `incident bigint, round bigint, pass bigint, level bigint, recipient text, step bigint,
		lane text, kind text, purpose text, high boolean, severity bigint, created_at bigint, due_at bigint, expires_at bigint,
		own_hours boolean, status text, message text`, "")
	// The kind is written too: a channel may have become another since.
	wakeLane = engine.Insert("lane", `lane text, kind text, next_at bigint`, `
		ON CONFLICT (lane) DO UPDATE SET kind = excluded.kind, next_at =
			CASE WHEN `+wakeAt+` < lane.next_at THEN `+wakeAt+` ELSE lane.next_at END
		WHERE `+wakeAt+` < lane.next_at OR lane.kind <> excluded.kind`)
)

// wakeAt is when a woken lane is looked at. It rests for less than a second: a not_before further off is of a clock
// that was put back.
const wakeAt = `CASE WHEN lane.not_before BETWEEN excluded.next_at AND excluded.next_at + 1000000
	THEN lane.not_before ELSE excluded.next_at END`

// saving gathers what a group of changes writes: a statement a table.
type saving struct {
	tx                                     *Tx
	insert, update, describe, list, relist *engine.Batch
	entries, set, cancel, feed             *engine.Batch
	points                                 map[string]id.Incident // keys that lead elsewhere from now on
	stop, stopFor, pages, deliveries       *engine.Batch
	merge, unmerge                         *engine.Batch
}

func newSaving(tx *Tx, n int) *saving {
	return &saving{
		tx: tx, insert: insertIncident.Rows(n), update: updateIncident.Rows(n).MustAffect(), describe: describeIncident.Rows(0),
		list: insertListing.Rows(n), relist: updateListing.Rows(0),
		entries: insertEntry.Rows(2 * n), set: setTimer.Rows(n), cancel: cancelTimer.Rows(0), points: make(map[string]id.Incident), feed: insertChange.Rows(n),
		stop: stopDeliveries.Rows(0), stopFor: stopPages.Rows(0), merge: setMerged.Rows(0), unmerge: unmerge.Rows(0), pages: insertPage.Rows(n), deliveries: insertDelivery.Rows(n),
	}
}

func (r incidents) Save(ctx context.Context, changes []incident.Change) error {
	w := newSaving(r.tx, len(changes))
	for i := range changes {
		if err := w.change(&changes[i]); err != nil {
			return err
		}
	}
	return r.tx.Send(ctx, w.insert, w.update, w.describe, w.list, w.relist, w.entries, w.cancel, w.set, w.point(),
		w.merge, w.unmerge, w.stop, w.stopFor, w.pages, w.deliveries, w.feed)
}

func (w *saving) change(c *incident.Change) error {
	s := &c.State
	if err := w.state(s); err != nil {
		return err
	}
	for _, e := range c.Entries {
		data, err := encodeMap(e.Data)
		if err != nil {
			return err
		}
		w.entries.Add(micros(s.OpenedAt), int64(s.Number), e.Seq, micros(e.At), string(e.Kind),
			string(e.Actor.Kind), e.Actor.ID, e.Actor.Name, e.Text, data)
	}
	for _, t := range c.Set {
		t.Incident = s.Number
		addTimer(w.set, t)
	}
	for _, t := range c.Cancel {
		w.cancel.Add(int64(s.Number), string(t.Kind), t.Subject)
	}
	for _, key := range c.Point {
		if lead, ok := w.tx.leads[key]; !ok || lead != s.Number {
			w.points[key], w.tx.leads[key] = s.Number, s.Number
		}
	}
	if c.Stop && s.Version > 0 { // a new one has nothing that waits
		w.stop.Add(int64(s.Number))
	}
	for _, r := range c.StopFor {
		w.stopFor.Add(int64(s.Number), recipientText(r))
	}
	for i := range c.Pages {
		w.page(&c.Pages[i])
	}
	if s.Number != id.Probe { // which nobody looks at
		w.feed.Add(int64(s.Number), s.Version+1, micros(s.UpdatedAt))
	}
	return nil
}

func (w *saving) state(s *incident.State) error {
	core, err := encodeCore(&s.Core)
	if err != nil {
		return err
	}
	resolvedBy := ""
	if s.ResolvedBy != (incident.Actor{}) {
		if resolvedBy, err = encode(s.ResolvedBy); err != nil {
			return err
		}
	}
	old, known := w.tx.loaded[s.Number]
	if s.Version == 0 {
		source, err := encode(&s.Source)
		if err != nil {
			return err
		}
		w.insert.Add(int64(s.Number), s.ID, int64(1), string(s.Service), s.ServiceName, string(s.Team),
			s.Environment, s.Title, s.Runbook, source, s.Quiet, int64(s.Severity.Rank()), statusNumber(s.Status),
			micros(s.OpenedAt), micros(s.AckedAt), micros(s.ResolvedAt), resolvedBy, micros(s.UpdatedAt),
			string(s.Assignee.Kind), s.Assignee.ID, s.Assignee.Name, int64(s.Alerts), s.Seq, core)
		if s.Number != id.Probe {
			w.list.Add(micros(s.OpenedAt), int64(s.Number), statusNumber(s.Status), int64(s.Severity.Rank()), string(s.Service),
				s.Environment, string(s.Team), s.Assignee.ID, searchText(s), int64(s.Priority), alike(s), toAnswer(s), lasted(s), s.Answered())
		}
	} else {
		w.update.Add(int64(s.Severity.Rank()), statusNumber(s.Status), s.Quiet,
			micros(s.AckedAt), micros(s.ResolvedAt), resolvedBy, micros(s.UpdatedAt),
			string(s.Assignee.Kind), s.Assignee.ID, s.Assignee.Name, int64(s.Alerts), s.Seq, core,
			int64(s.Number), s.Version)
		if s.Number != id.Probe && (!known || !sameListing(&old, s)) {
			w.relist.Add(statusNumber(s.Status), int64(s.Severity.Rank()), string(s.Service),
				s.Environment, string(s.Team), s.Assignee.ID, searchText(s), int64(s.Priority), alike(s), toAnswer(s), lasted(s), s.Answered(), micros(s.OpenedAt), int64(s.Number))
		}
		if !known || !sameDescription(&old, s) {
			w.describe.Add(string(s.Service), s.ServiceName, string(s.Team), s.Environment, s.Title, s.Runbook, int64(s.Number))
		}
	}
	if !known || old.MergedInto.Number != s.MergedInto.Number {
		w.merged(s)
	}
	saved := *s
	saved.Version++
	w.tx.remember(saved)
	return nil
}

// merged writes where what was merged goes on, or that it was not.
func (w *saving) merged(s *incident.State) {
	switch {
	case s.MergedInto.Number != 0:
		w.merge.Add(int64(s.Number), int64(s.MergedInto.Number))
	case s.Version > 0:
		w.unmerge.Add(int64(s.Number))
	}
}

func sameDescription(a, b *incident.State) bool {
	return a.Service == b.Service && a.ServiceName == b.ServiceName && a.Team == b.Team && a.Environment == b.Environment &&
		a.Title == b.Title && a.Runbook == b.Runbook
}

func sameListing(a, b *incident.State) bool {
	return a.Status == b.Status && a.Severity == b.Severity && a.Assignee.ID == b.Assignee.ID && a.Priority == b.Priority &&
		toAnswer(a) == toAnswer(b) && lasted(a) == lasted(b) && a.Answered() == b.Answered() && sameDescription(a, b)
}

func (w *saving) page(p *notification.Page) {
	to := recipientText(p.Recipient)
	w.pages.Add(int64(p.Incident), int64(p.Round), int64(p.Pass), int64(p.Level), to, string(p.Purpose),
		p.Reason, string(p.Event), p.Urgency.IsHigh(), int64(p.Severity.Rank()), micros(p.At))
	for i := range p.Deliveries {
		d := &p.Deliveries[i]
		w.deliveries.Add(int64(p.Incident), int64(p.Round), int64(p.Pass), int64(p.Level), to, int64(d.Step),
			string(d.Lane), d.Kind, string(d.Purpose), d.Urgency.IsHigh(), int64(d.Rank()),
			micros(d.CreatedAt), micros(d.DueAt), micros(d.ExpiresAt), d.OwnHours, string(d.Status), string(d.Message))
		if d.Status == notification.Waiting {
			at := d.DueAt
			if at.Before(p.At) {
				at = p.At // it is late: the lane's rest holds all the same
			}
			w.tx.wake(d.Lane, d.Kind, at)
		}
	}
}

// point is sorted, for others point keys at the same time.
func (w *saving) point() *engine.Batch {
	b := pointKey.Rows(len(w.points))
	for _, key := range slices.Sorted(maps.Keys(w.points)) {
		b.Add(key, int64(w.points[key]))
	}
	return b
}

// waking is a lane that must be looked at.
type waking struct {
	kind string
	at   time.Time
}

// wake brings a lane's next look nearer at the end of the transaction.
func (tx *Tx) wake(l notification.Lane, kind string, at time.Time) {
	if tx.waking == nil {
		tx.waking = make(map[notification.Lane]waking)
	}
	if first, ok := tx.waking[l]; !ok || at.Before(first.at) {
		tx.waking[l] = waking{kind, at}
	}
}

// wakeLanes writes them once and sorted: the lanes' rows are the last that a transaction locks, in the order of
// everybody else.
func (tx *Tx) wakeLanes(ctx context.Context) error {
	b := wakeLane.Rows(len(tx.waking))
	for _, l := range slices.Sorted(maps.Keys(tx.waking)) {
		b.Add(string(l), tx.waking[l].kind, micros(tx.waking[l].at))
	}
	return tx.Send(ctx, b)
}

func recipientText(r notification.Recipient) string { return string(r.Kind) + ":" + r.ID }

func recipientOf(text string) notification.Recipient {
	kind, who, _ := strings.Cut(text, ":")
	return notification.Recipient{Kind: notification.RecipientKind(kind), ID: who}
}

// alike is the same for incidents of one service that the same alert opened; 0 where no alert did.
func alike(s *incident.State) int64 {
	return alikeOf(s.Service, s.Source.Labels["alertname"])
}

func alikeOf(service id.Service, name string) int64 {
	if name == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(string(service) + "\x00" + name)) // never fails
	return int64(h.Sum64()>>1) | 1
}

// toAnswer is in microseconds; -1: nobody has acknowledged it.
func toAnswer(s *incident.State) int64 {
	if first := s.FirstAnswer(); !first.IsZero() {
		return max(0, micros(first)-micros(s.OpenedAt))
	}
	return -1
}

// lasted is in microseconds; -1: it goes on.
func lasted(s *incident.State) int64 {
	if _, ok := s.Lasted(); ok {
		return max(0, micros(s.ResolvedAt)-micros(s.OpenedAt))
	}
	return -1
}

// maxSearch bounds the text that an incident is found by, in bytes.
const maxSearch = 1024

// searchText is what a query is looked for in, in lower case: number, title, service, environment, label values.
func searchText(s *incident.State) string {
	parts := []string{s.Number.String(), s.Title, s.ServiceName, s.Environment}
	for _, k := range slices.Sorted(maps.Keys(s.Source.Labels)) {
		parts = append(parts, s.Source.Labels[k])
	}
	text := strings.ToLower(strings.Join(parts, "\n"))
	if len(text) <= maxSearch {
		return text
	}
	cut := maxSearch
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}
