package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// maxServices is how many services the alerts of one integration may create.
const maxServices = 500

// maxRaw bounds what is kept of something in quarantine, in bytes.
const maxRaw = 16 << 10

// item is one alert of a group: a signal, or something that cannot be one.
type item struct {
	signal *alert.Signal
	bad    *alert.Quarantined
	result *Result
	// expiryOf is set on what we tell ourselves of an integration whose alerts expired, should one do so.
	expiryOf id.Integration
}

// group is what one transaction takes in.
type group struct {
	items []item
	now   time.Time
	newID func() string
}

// commit decides and writes the whole group; it may run again from the start.
func (g *group) commit(ctx context.Context, r Repos) ([]incident.Change, error) {
	snap, err := g.services(ctx, r)
	if err != nil {
		return nil, err
	}
	p := newPlacement(r, snap, g.now, g.newID)
	items := slices.Concat(g.items, g.own(snap))
	if err := p.load(ctx, keysOf(items)); err != nil {
		return nil, err
	}
	moves := make([]move, 0, len(items))
	at := make([]int, 0, len(items))
	expired := map[id.Integration]bool{}
	for i, it := range items {
		if it.signal == nil || it.expiryOf != "" && !expired[it.expiryOf] {
			continue
		}
		m := p.keyed(p.receive(it.signal))
		if m.kind == alert.Expired {
			expired[it.signal.Integration] = true
		}
		moves = append(moves, m)
		at = append(at, i)
	}
	if err := p.lock(ctx, moves); err != nil {
		return nil, err
	}
	for i, m := range moves {
		outcome, err := p.do(ctx, m)
		if err != nil {
			return nil, err
		}
		*items[at[i]].result = Result{Fingerprint: m.of.now.Fingerprint, Outcome: outcome, Incident: m.of.now.Incident}
	}
	changes, err := p.save(ctx)
	if err != nil {
		return nil, err
	}
	if err := g.hear(ctx, r); err != nil {
		return nil, err
	}
	return changes, g.quarantine(ctx, r)
}

func keysOf(items []item) []alert.Key {
	seen := make(map[alert.Key]bool, len(items))
	keys := make([]alert.Key, 0, len(items))
	for _, it := range items {
		if it.signal == nil || seen[it.signal.Key()] {
			continue
		}
		seen[it.signal.Key()] = true
		keys = append(keys, it.signal.Key())
	}
	return keys
}

func (p *placement) receive(s *alert.Signal) move {
	t := p.alerts[s.Key()]
	after, out := t.now.Receive(s, p.now)
	if s.Integration == ownIntegration && after.Firing {
		after.Stale, after.Repeat = true, repeatOfOwn(after.LabelSet) // nothing ends our own alerts but people, and silence
	}
	m := move{of: t, kind: out.Kind, was: out.Was, labels: after.LabelSet, start: after.Start, over: t.now, received: s.ReceivedAt, by: p.source(s.Integration)}
	t.now = after
	return m
}

func (p *placement) source(i id.Integration) incident.Actor {
	a := incident.Actor{Kind: incident.BySource, ID: string(i)}
	if integration, ok := p.snap.Integrations[i]; ok {
		a.Name = integration.Name
	}
	return a
}

// services creates the services that these alerts name and nobody has configured: an alert is never refused
// because nobody configured it. Past the limit they land on the service "unsorted".
func (g *group) services(ctx context.Context, r Repos) (*directory.Snapshot, error) {
	snap, err := r.Directory.Current(ctx)
	if err != nil || len(g.missing(snap).Services) == 0 {
		return snap, err
	}
	if snap, err = r.Catalog.Newest(ctx); err != nil {
		return nil, err
	}
	edit := g.missing(snap)
	if len(edit.Services) == 0 { // somebody else has created them
		return snap, nil
	}
	if err := r.Catalog.Apply(ctx, edit); err != nil {
		return nil, err
	}
	return r.Directory.Current(ctx)
}

func (g *group) missing(snap *directory.Snapshot) (edit directory.Edit) {
	names := map[string]bool{}
	add := func(name string, by id.Integration, c incident.Correlate, rules incident.Rules) {
		if _, ok := snap.ServiceByName(name); ok || names[name] {
			return
		}
		names[name] = true
		edit.Services = append(edit.Services, directory.Service{ID: id.Service(g.newID()), Name: name, Unclaimed: by != "", CreatedBy: by, Correlate: c, Rules: rules})
	}
	add(directory.Unsorted, "", incident.Correlate{}, incident.Rules{})
	add(directory.Own, "", incident.Correlate{Mode: incident.CorrelateAlert}, incident.Rules{HoldWarning: -1}) // told at once
	budget := map[id.Integration]int{}
	for _, it := range g.items {
		if it.signal == nil || it.signal.Service == "" {
			continue
		}
		s := it.signal
		if _, known := snap.ServiceByName(s.Service); known || names[s.Service] {
			continue
		}
		left, ok := budget[s.Integration]
		if !ok {
			left = maxServices - snap.CreatedBy(s.Integration)
		}
		if left > 0 {
			add(s.Service, s.Integration, incident.Correlate{}, incident.Rules{})
			left--
		}
		budget[s.Integration] = left
	}
	return edit
}

// ownIntegration is the source of alerts about Rouse's own intake.
const ownIntegration id.Integration = "rouse"

// ownExpired is what we tell of alerts that expired in the buffer.
const ownExpired = "expired"

// own are alerts about what intake itself met: they go the way of every other alert.
func (g *group) own(snap *directory.Snapshot) []item {
	seen := map[string]bool{}
	var out []item
	tell := func(i id.Integration, what, title string, sev alert.Severity) {
		if seen[what+string(i)] {
			return
		}
		seen[what+string(i)] = true
		name := string(i)
		if integration, ok := snap.Integrations[i]; ok {
			name = integration.Name
		}
		own := item{result: new(Result), signal: &alert.Signal{
			Integration: ownIntegration, Fingerprint: what + "-" + string(i), Firing: true, Name: "Rouse_" + what, Service: directory.Own,
			Environment: "default", Severity: sev, Title: title + name, Labels: map[string]string{"alertname": "Rouse_" + what, "integration": name},
		}}
		if what == ownExpired {
			own.expiryOf = i
		}
		out = append(out, own)
	}
	for _, it := range g.items {
		if it.bad != nil {
			tell(it.bad.Integration, "quarantine", "Something that cannot be an alert came from the integration ", alert.Warning())
			continue
		}
		if it.signal.Firing && it.signal.Expired {
			tell(it.signal.Integration, ownExpired, "Alerts waited in the buffer for too long and paged nobody; look at the quarantine: the integration ", alert.Error())
		}
		if _, ok := snap.ServiceByName(it.signal.Service); !ok && it.signal.Service != "" {
			tell(it.signal.Integration, "unsorted", "Too many new services; alerts go to the service unsorted: the integration ", alert.Warning())
		}
	}
	return out
}

func (g *group) quarantine(ctx context.Context, r Repos) error {
	var bad []alert.Quarantined
	for _, it := range g.items {
		switch {
		case it.bad != nil:
			bad = append(bad, *it.bad)
			*it.result = Result{Outcome: Quarantined}
		case it.result.Outcome == Expired:
			bad = append(bad, expiredEntry(it.signal, g.now))
		}
	}
	for i := range bad {
		bad[i].ID, bad[i].At = g.newID(), g.now
	}
	if len(bad) == 0 {
		return nil
	}
	return r.Quarantine.Add(ctx, bad)
}

// expiredEntry shows people an alert for which nobody was paged.
func expiredEntry(s *alert.Signal, now time.Time) alert.Quarantined {
	return alert.Quarantined{
		Integration: s.Integration, Raw: rawOf(s),
		Reason: fmt.Sprintf("it fired while the database was away and waited for %s: nobody was paged; should it fire still, the next time that it is sent pages",
			now.Sub(s.ReceivedAt).Round(time.Second)),
	}
}

// rawOf says which alert it is.
func rawOf(s *alert.Signal) string {
	text, _ := json.Marshal(map[string]any{"fingerprint": s.Fingerprint, "startsAt": s.StartsAt, "labels": s.Labels, "annotations": s.Annotations}) //nolint:errchkjson // nothing in it can fail
	return strings.ToValidUTF8(string(text[:min(len(text), maxRaw)]), "")
}
