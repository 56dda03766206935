package sim

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rouse-oncall/rouse/internal/app/escalate"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// most is more incidents than a trace opens.
const most = 300

// picture is all that is stored, as the ports give it.
type picture struct {
	Incidents  map[id.Incident]insight.Incident
	Alerts     map[alert.Key]alert.Alert
	Firing     []alert.Alert
	Timers     []incident.Timer
	Deliveries []notification.Delivery
	Messages   []ports.Bound
	Planned    []ports.Planned
	Orphans    []id.Incident
	Quarantine int
	Due        bool
	Version    int64
}

// picture reads everything, sorted; what the order of two results in one moment decides is left out.
func (h *house) picture(ctx context.Context, keys []alert.Key) (p picture, err error) {
	var numbers []id.Incident
	for n := range id.Incident(most) {
		numbers = append(numbers, n)
	}
	err = h.tx(ctx, func(ctx context.Context, r tx) (err error) {
		states, err := r.Facts().States(ctx, numbers)
		p.Incidents = make(map[id.Incident]insight.Incident, len(states))
		for n := range states {
			p.Incidents[n] = insight.Incident{}
		}
		keep := func(e error) { err = cmp.Or(err, e) }
		var e error
		p.Firing, e = r.Alerts().Firing(ctx, numbers)
		keep(e)
		p.Alerts, e = r.Alerts().Find(ctx, keys)
		keep(e)
		p.Planned, e = r.Auditor().Planned(ctx, 0, most)
		keep(e)
		p.Orphans, e = r.Auditor().Orphans(ctx, most)
		keep(e)
		p.Timers, e = r.Timers().Due(ctx, append(escalate.Kinds(), intake.RefireKinds()...), h.now.Add(10*365*24*time.Hour), 10*most)
		keep(e)
		p.Deliveries, e = r.Deliveries().OfPages(ctx, h.pages)
		keep(e)
		snap, e := r.Directory().Current(ctx)
		keep(e)
		p.Version = snap.Version
		return err
	})
	if err != nil {
		return p, err
	}
	if p.Due, err = h.db.Outbox().Due(ctx, kinds(), h.now); err != nil {
		return p, err
	}
	return p, h.read(ctx, &p)
}

// read adds what is read outside of transactions.
func (h *house) read(ctx context.Context, p *picture) (err error) {
	bad, err := h.db.Insight().Quarantined(ctx, h.now.Add(time.Hour), most)
	p.Quarantine = len(bad)
	seen := map[id.Message]bool{}
	for n := range p.Incidents {
		whole, e := h.db.Insight().Show(ctx, n.String())
		err = cmp.Or(err, e)
		whole.Version = 0
		slices.SortFunc(whole.Timeline, func(a, b incident.Entry) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Text, b.Text))
		})
		slices.SortFunc(whole.Pages, func(a, b notification.Page) int { return cmp.Compare(fmt.Sprint(a.PageKey), fmt.Sprint(b.PageKey)) })
		p.Incidents[n] = whole
		ms, e := h.db.Messages().OfIncident(ctx, n)
		err = cmp.Or(err, e)
		for _, m := range ms {
			seen[m.ID] = true
		}
	}
	for _, n := range slices.Sorted(maps.Keys(seen)) {
		b, e := h.db.Messages().Message(ctx, n)
		err = cmp.Or(err, e)
		slices.SortFunc(b.Deliveries, byPage)
		p.Messages = append(p.Messages, b)
	}
	slices.SortFunc(p.Deliveries, byPage)
	slices.SortFunc(p.Timers, func(a, b incident.Timer) int {
		return cmp.Or(cmp.Compare(a.Incident, b.Incident), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
	})
	for i := range p.Planned {
		p.Planned[i].State, p.Planned[i].Rows = plain(p.Planned[i].State), plain(p.Planned[i].Rows)
	}
	return err
}

// plain are timers with what the audit looks at: kind and generation.
func plain(ts []incident.Timer) []incident.Timer {
	var out []incident.Timer
	for _, t := range ts {
		out = append(out, incident.Timer{Kind: t.Kind, Generation: t.Generation})
	}
	slices.SortFunc(out, func(a, b incident.Timer) int { return cmp.Compare(a.Kind, b.Kind) })
	return out
}

func byPage(a, b notification.Delivery) int {
	return cmp.Or(cmp.Compare(fmt.Sprint(a.Page), fmt.Sprint(b.Page)), cmp.Compare(a.Step, b.Step), cmp.Compare(a.Lane, b.Lane))
}

// alike compares values of the domain; what a store counts by itself is left out.
func alike() []diff.Option {
	return []diff.Option{
		diff.AllowUnexported(incident.Status{}, alert.Severity{}, alert.Urgency{}, fault.Kind{}), cmpopts.IgnoreUnexported(fault.Error{}), cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(time.Microsecond),
		cmpopts.IgnoreFields(notification.Delivery{}, "ID"), cmpopts.IgnoreFields(notification.Message{}, "Token"), cmpopts.IgnoreFields(incident.Entry{}, "Seq"), cmpopts.IgnoreFields(alert.Event{}, "Seq"),
	}
}

// TestFidelity does the same things on every store, from a seed: what is stored after each of them is the same.
func TestFidelity(t *testing.T) {
	t.Parallel()
	traces, steps := 2, 40
	if testkit.Full() {
		traces, steps = 20, 150
	}
	for seed := range uint64(traces) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			hs := houses(t)
			s := &script{t: t, rng: rand.New(rand.NewPCG(seed, 2)), keys: map[alert.Key]bool{}}
			s.edit(hs, setup())
			for step := range steps {
				what := s.step(hs)
				keys := slices.SortedFunc(maps.Keys(s.keys), alert.Key.Compare)
				want, err := hs[0].picture(t.Context(), keys)
				for _, h := range hs[1:] {
					got, e := h.picture(t.Context(), keys)
					if d := diff.Diff(want, got, alike()...); d != "" || err != nil || e != nil {
						t.Fatalf("step %d, %s: %v, %v (-memory +%s)\n%s", step, what, err, e, h.name, d)
					}
				}
			}
			s.worth(hs[0])
		})
	}
}

// script is what happens, from a seed.
type script struct {
	t    *testing.T
	rng  *rand.Rand
	keys map[alert.Key]bool
	past []alert.Signal
}

// step does one thing on every house and lets the workers work.
func (s *script) step(hs []*house) string {
	var what string
	switch p := s.rng.IntN(10); {
	case p < 4:
		what = s.alert(hs)
	case p < 6:
		what = s.answer(hs)
	case p < 9:
		d := between(s.rng, time.Second, 6*time.Minute).Truncate(time.Microsecond)
		what = "wait " + d.String()
		for _, h := range hs {
			h.now = h.now.Add(d)
		}
	default:
		what = s.change(hs)
	}
	for _, h := range hs {
		s.work(h)
	}
	return what
}

// work lets the workers do what is due, until nothing is.
func (s *script) work(h *house) {
	s.t.Helper()
	for range 50 {
		total := 0
		for _, run := range []func(context.Context) (int, error){h.refire.RunOnce, h.escalate.RunOnce, h.deliver.RunOnce, h.audit.RunOnce} {
			n, err := run(s.t.Context())
			if err != nil {
				s.t.Fatal(h.name, err)
			}
			total += n
		}
		if total == 0 {
			return
		}
	}
}

func (s *script) alert(hs []*house) string {
	services, severities := []string{"web", "db", "api", "old", "new", ""}, []string{"critical", "error", "warning", "info"}
	var batch []alert.Signal
	for range 1 + s.rng.IntN(4) {
		if n := len(s.past); n > 0 && s.rng.Float64() < 0.2 {
			batch = append(batch, s.past[s.rng.IntN(n)])
			continue
		}
		k := s.rng.IntN(8)
		began := hs[0].now.Add(-between(s.rng, 0, 5*time.Minute)).Truncate(time.Microsecond)
		a := alert.Signal{Integration: "am", Fingerprint: fmt.Sprintf("f%d", k), Firing: s.rng.Float64() < 0.65, StartsAt: began, Labels: map[string]string{
			"alertname": fmt.Sprintf("a%d", k%5), "service": services[k%6], "severity": severities[s.rng.IntN(4)],
		}}
		if !a.Firing {
			a.EndsAt = hs[0].now
		}
		s.keys[a.Key()] = true
		batch = append(batch, a)
	}
	s.past = append(s.past, batch...)
	var bad []alert.Quarantined
	if s.rng.Float64() < 0.1 {
		bad = []alert.Quarantined{{Reason: "it is nothing", Raw: "{}"}}
	}
	var first []intake.Result
	for i, h := range hs {
		got, err := h.receive.Do(s.t.Context(), &directory.Integration{ID: "am", Name: "am"}, batch, slices.Clone(bad), 0)
		if i == 0 {
			first = got
		}
		if err != nil || !slices.Equal(first, got) {
			s.t.Fatalf("%s answers %v, %v; memory %v", h.name, got, err, first)
		}
	}
	return fmt.Sprintf("%d alerts", len(batch)+len(bad))
}

func (s *script) answer(hs []*house) string {
	who := []string{"ana", "ben", "cas"}[s.rng.IntN(3)]
	by := directory.Principal{Actor: incident.Actor{Kind: incident.ByUser, ID: who, Name: who}, Role: directory.Responder}
	refs := []string{fmt.Sprint("#", 1+s.rng.IntN(6)), fmt.Sprint(1 + s.rng.IntN(12))}
	kind := s.rng.IntN(5)
	var first []respond.Result
	for i, h := range hs {
		var got []respond.Result
		var err error
		switch kind {
		case 0:
			got, err = respond.Resolve{Deps: h.people}.Do(s.t.Context(), by, refs, "done")
		case 1:
			got, err = respond.Healthy{Deps: h.people}.Do(s.t.Context(), by, "web", "")
		default:
			got, err = respond.Acknowledge{Deps: h.people}.Do(s.t.Context(), by, refs, "")
		}
		if i == 0 {
			first = got
		}
		if d := diff.Diff(first, got, alike()...); d != "" || err != nil {
			s.t.Fatalf("%s answers %s %v (-memory +%s)\n%s", h.name, who, err, h.name, d)
		}
	}
	return fmt.Sprint(who, " answers ", refs, kind)
}

// change edits what people own, or takes timers away for the audit to find.
func (s *script) change(hs []*house) string {
	if s.rng.IntN(2) == 0 {
		n := id.Incident(1 + s.rng.IntN(6))
		for _, h := range hs {
			err := h.tx(s.t.Context(), func(ctx context.Context, r tx) error {
				var gone []incident.Timer
				for _, k := range escalate.Kinds() {
					gone = append(gone, incident.Timer{Incident: n, Kind: k})
				}
				return r.Timers().Cancel(ctx, gone)
			})
			if err != nil {
				s.t.Fatal(h.name, err)
			}
		}
		return fmt.Sprint("the timers of ", n, " vanish")
	}
	u := users()[s.rng.IntN(4)]
	u.Disabled = s.rng.IntN(2) == 0
	s.edit(hs, directory.Edit{Users: []directory.User{u}})
	return fmt.Sprint(u.Name, " is disabled: ", u.Disabled)
}

func (s *script) edit(hs []*house, e directory.Edit) {
	for _, h := range hs {
		err := h.tx(s.t.Context(), func(ctx context.Context, r tx) error { return r.Catalog().Apply(ctx, e) })
		if err != nil {
			s.t.Fatal(h.name, err)
		}
	}
}

// worth says whether enough happened for the trace to prove anything.
func (s *script) worth(h *house) {
	p, err := h.picture(s.t.Context(), nil)
	if err != nil || len(p.Incidents) < 3 || len(p.Messages) < 5 || len(p.Deliveries) < 10 {
		s.t.Errorf("a dull trace: %d incidents, %d messages, %d deliveries, %v", len(p.Incidents), len(p.Messages), len(p.Deliveries), err)
	}
}
