package intake

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

const (
	leaseAgain = 5 * time.Minute // how soon an alert is looked at again whose lease has ended and whose sender may be silent
	goneAgain  = time.Hour       // and a sign of life whose integration is disabled or gone
	// silentRepeat makes what we tell of a silent sender end by itself soon after nothing waits for it any more.
	silentRepeat = 4 * time.Minute
)

// hear notes the senders that this group came from.
func (g *group) hear(ctx context.Context, r Repos) error {
	var list []alert.Sender
	for _, it := range g.items {
		if it.signal == nil || it.signal.Lease == 0 || !it.signal.ReceivedAt.IsZero() {
			continue
		}
		if s := (alert.Sender{Integration: it.signal.Integration, Host: it.signal.Sender}); !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return nil
	}
	runs, err := r.Senders.Find(ctx, list)
	if err != nil {
		return err
	}
	changed := map[alert.Sender]alert.Run{}
	for _, s := range list {
		if run, ok := runs[s].Hear(g.now); ok {
			changed[s] = run
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return r.Senders.Save(ctx, changed)
}

func sender(a alert.Alert) alert.Sender {
	return alert.Sender{Integration: a.Integration, Host: a.Sender}
}

func (w *refiring) loadSenders(ctx context.Context) error {
	var list []alert.Sender
	for _, t := range w.p.order {
		if s := sender(t.now); t.now.Lease > 0 && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return nil
	}
	runs, err := w.p.repos.Senders.Find(ctx, list)
	w.runs = runs
	return err
}

// since is the later of a moment and when everybody could be heard: what came before could not.
func (w *refiring) since(at time.Time) time.Time {
	if w.up.After(at) {
		return w.up
	}
	return at
}

// wait makes a timer due later.
func (w *refiring) wait(t incident.Timer, until time.Time) {
	if w.later == nil {
		w.later = map[time.Time][]incident.Timer{}
	}
	w.later[until] = append(w.later[until], t)
}

// lease decides what becomes of an alert that was to be sent again by now. Its timer is set when it begins to fire, and
// moved only here: a refresh writes no timer.
func (w *refiring) lease(t incident.Timer, of *tracked) {
	if ends := w.since(of.now.LastSeen).Add(of.now.Lease); ends.After(w.p.now) {
		w.wait(t, ends)
		return
	}
	run := w.runs[sender(of.now)]
	if run.Without(of.now) {
		w.moves = append(w.moves, move{of: of, kind: alert.Ended, was: of.now.Severity, labels: of.now.LabelSet, over: of.now,
			by: incident.Actor{Kind: incident.BySystem, Name: "lease"}})
		of.now = of.now.End(w.p.now)
		return
	}
	w.wait(t, w.p.now.Add(leaseAgain))
	if s := sender(of.now); w.p.now.Sub(run.Last) >= of.now.Lease && !slices.Contains(w.silent, s) {
		w.silent = append(w.silent, s)
	}
}

// missing decides what becomes of a sign of life that was to come by now, by what its integration asks for today.
func (w *refiring) missing(t incident.Timer, of *tracked) {
	in, ok := w.p.snap.Integrations[of.now.Integration]
	if !ok || in.Disabled || in.Silence() == 0 {
		w.wait(t, w.p.now.Add(goneAgain))
		return
	}
	if due := w.since(of.now.OverAt).Add(in.Silence()); due.After(w.p.now) {
		w.wait(t, due)
		return
	}
	after := of.now.Miss(w.p.now)
	w.moves = append(w.moves, w.p.keyed(move{of: of, kind: alert.Began, was: of.now.Severity, labels: after.LabelSet, start: after.Start}))
	of.now = after
}

// ownSilent is what we tell of a sender that is not heard while its alerts fire.
const ownSilent = "silent"

// tellSilent tells of senders that fell silent: their alerts go on to page, and may be over.
func (w *refiring) tellSilent(ctx context.Context) error {
	for _, s := range w.silent {
		name := string(s.Integration)
		if in, ok := w.p.snap.Integrations[s.Integration]; ok {
			name = in.Name
		}
		own := alert.DefaultMapping().Apply(alert.Signal{Integration: ownIntegration, Fingerprint: ownSilent + "-" + string(s.Integration) + "-" + s.Host, Firing: true,
			Labels:      map[string]string{"alertname": "Rouse_" + ownSilent, "service": directory.Own, "severity": alert.Error().String(), "integration": name, "sender": s.Host},
			Annotations: map[string]string{"summary": strings.TrimSpace("A source is silent while its alerts fire, which may be over: the integration " + name + " " + s.Host)},
		})
		if err := w.p.load(ctx, []alert.Key{own.Key()}); err != nil {
			return err
		}
		w.moves = append(w.moves, w.p.keyed(w.p.receive(&own)))
	}
	return nil
}

// repeatOfOwn is how often we repeat what we tell ourselves: where we do, it ends by our silence; else after a day.
func repeatOfOwn(l alert.LabelSet) time.Duration {
	if l.Name == "Rouse_"+ownSilent {
		return silentRepeat
	}
	return 0
}
