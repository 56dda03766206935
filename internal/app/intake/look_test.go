package intake

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// peers are what Alertmanagers have, by address; nil: it does not answer. What is asked of them is written down.
type peers struct {
	has   map[string]*ports.Reading
	asked []string
	fails error // what is said to whoever silences

	together *sync.WaitGroup // where not nil, nobody is answered before all have asked
}

func (p *peers) Read(_ context.Context, _ *directory.Integration, url string) (ports.Reading, error) {
	if p.together != nil {
		p.together.Done()
		p.together.Wait()
	}
	if p.has[url] == nil {
		return ports.Reading{}, errors.New(url + " cannot be reached")
	}
	return *p.has[url], nil
}

func (p *peers) Silence(_ context.Context, _ *directory.Integration, url string, s alert.SourceSilence) error {
	p.asked = append(p.asked, fmt.Sprintf("%s: silence %q %s %s by %s", url, s.ID, s.Labels["alertname"], s.Comment, s.By))
	return p.fails
}

func (p *peers) Expire(_ context.Context, _ *directory.Integration, url, silence string) error {
	p.asked = append(p.asked, url+": expire "+silence)
	return nil
}

// lookAt is intake whose integration am has these Alertmanagers.
type lookAt struct {
	*bundle
	*peers
	look *Look
	in   directory.Integration
}

func newLookAt(t *testing.T, urls ...string) *lookAt {
	t.Helper()
	b := setup(t, nil)
	l := &lookAt{bundle: b, peers: &peers{has: map[string]*ports.Reading{}}}
	store := memory.Atomic(b.db, func(tx *memory.Tx) LookRepos {
		return LookRepos{Directory: tx.Directory(), Looks: tx.Looks(), Leases: tx.Leases(), Facts: tx.Facts()}
	})
	l.look = NewLook(b.deps, LookStore{Read: store, Write: store}, l.peers, "me", "https://rouse.example.org/")
	l.in = *integration("am")
	l.own(t, func(i *directory.Integration) { i.API.URLs = urls })
	for _, u := range urls {
		l.has[u] = &ports.Reading{Began: b.Now().Add(-time.Hour), Alerts: map[string][]string{}, Silences: map[string]alert.SourceSilence{}}
	}
	return l
}

func (l *lookAt) own(t *testing.T, change func(i *directory.Integration)) {
	t.Helper()
	change(&l.in)
	err := l.tx(t.Context(), func(ctx context.Context, r Repos) error {
		return r.Catalog.Apply(ctx, directory.Edit{Integrations: []directory.Integration{l.in}})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// looks looks some times, each at its moment, and gives the status of the first incident.
func (l *lookAt) looks(t *testing.T, times int) incident.State {
	t.Helper()
	for range times {
		l.forward(LookEvery)
		if n, err := l.look.RunOnce(t.Context()); err != nil || n == 0 {
			t.Fatalf("looked at %d: %v", n, err)
		}
	}
	return l.state(t, 1)
}

func (l *lookAt) silenced(url, fingerprint, silence, comment string) {
	l.has[url].Alerts[fingerprint] = []string{silence}
	by := "Bob"
	if strings.HasPrefix(comment, "Acknowledged in Rouse") {
		by = "Rouse (Ana)"
	}
	l.has[url].Silences[silence] = alert.SourceSilence{Silence: alert.NewSilence(silence, by, comment, l.Now().Add(time.Hour))}
}

// again sends what fires since the beginning.
func (l *lookAt) again(t *testing.T) {
	t.Helper()
	s := l.firing("Down")
	s.StartsAt = l.state(t, 1).Source.StartsAt
	if got := l.send(t, s); got[0].Outcome != Refreshed {
		t.Fatalf("sent again it is %+v", got)
	}
}

func (l *lookAt) is(t *testing.T, s incident.State, want incident.Status, suppressed bool) {
	t.Helper()
	if s.Status != want || s.Suppressed != suppressed {
		t.Errorf("it is %s, silenced %t; want %s, %t", s.Status, s.Suppressed, want, suppressed)
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T, *lookAt){
		"what two looks do not find is over": func(t *testing.T, l *lookAt) {
			l.looks(t, 1)
			delete(l.has["a"].Alerts, "Down")
			l.is(t, l.looks(t, 1), incident.Open(), false)
			l.has["a"].Alerts["Down"] = nil
			l.looks(t, 1)
			delete(l.has["a"].Alerts, "Down")
			l.is(t, l.looks(t, 1), incident.Open(), false)
			s := l.looks(t, 1)
			l.is(t, s, incident.Resolved(), false)
			if s.ResolvedBy.Name != "am" {
				t.Errorf("resolved by %+v", s.ResolvedBy)
			}
		},
		"what is sent between two looks was there": func(t *testing.T, l *lookAt) {
			l.looks(t, 1)
			delete(l.has["a"].Alerts, "Down")
			l.looks(t, 1)
			l.again(t)
			l.is(t, l.looks(t, 1), incident.Open(), false)
			l.is(t, l.looks(t, 1), incident.Resolved(), false)
		},
		"what one peer sends while it cannot be read is silenced no more": func(t *testing.T, l *lookAt) {
			l.own(t, func(i *directory.Integration) { i.API.URLs = []string{"a", "b"} })
			l.has["b"] = &ports.Reading{Began: l.has["a"].Began, Alerts: map[string][]string{}, Silences: map[string]alert.SourceSilence{}}
			delete(l.has["a"].Alerts, "Down")
			l.silenced("b", "Down", "s1", "known")
			l.is(t, l.looks(t, 1), incident.Open(), true)
			l.has["b"] = nil
			l.is(t, l.looks(t, 4), incident.Open(), true)
			l.again(t)
			l.is(t, l.looks(t, 1), incident.Open(), false)
		},
		"what never was there is not gone": func(t *testing.T, l *lookAt) {
			delete(l.has["a"].Alerts, "Down")
			l.is(t, l.looks(t, 3), incident.Open(), false)
		},
		"who cannot be reached, or is young, resolves nothing": func(t *testing.T, l *lookAt) {
			l.looks(t, 1)
			was := l.has["a"]
			l.has["a"] = nil
			l.is(t, l.looks(t, 3), incident.Open(), false)
			l.has["a"] = was
			delete(was.Alerts, "Down")
			was.Began = l.Now()
			l.is(t, l.looks(t, 3), incident.Open(), false)
			was.Began = l.Now().Add(-young)
			l.is(t, l.looks(t, 2), incident.Resolved(), false)
		},
		"gone only where no peer has it and all answer": func(t *testing.T, l *lookAt) {
			l.own(t, func(i *directory.Integration) { i.API.URLs = []string{"a", "b"} })
			other := *l.has["a"]
			other.Alerts = map[string][]string{"Down": nil}
			l.has["b"] = &other
			l.looks(t, 1)
			delete(l.has["a"].Alerts, "Down")
			l.is(t, l.looks(t, 3), incident.Open(), false)
			l.has["b"] = nil
			l.is(t, l.looks(t, 3), incident.Open(), false)
			l.has["b"] = &ports.Reading{Began: other.Began}
			l.is(t, l.looks(t, 2), incident.Resolved(), false)
		},
		"what one address had is not gone because another has it not": func(t *testing.T, l *lookAt) {
			l.has["b"] = &ports.Reading{Began: l.has["a"].Began}
			l.silenced("a", "Down", "s1", "known")
			l.is(t, l.looks(t, 1), incident.Open(), true)
			l.own(t, func(i *directory.Integration) { i.API.URLs = []string{"b"} })
			l.is(t, l.looks(t, 3), incident.Open(), false)
			l.has["a"].Alerts["Down"] = nil
			l.own(t, func(i *directory.Integration) { i.API.URLs, i.API.Login = []string{"a"}, "one-tenant" })
			l.looks(t, 1)
			l.own(t, func(i *directory.Integration) { i.API.Login = "another-tenant" })
			delete(l.has["a"].Alerts, "Down")
			l.is(t, l.looks(t, 3), incident.Open(), false)
			l.has["a"].Alerts["Down"] = nil
			l.looks(t, 1)
			delete(l.has["a"].Alerts, "Down")
			l.is(t, l.looks(t, 2), incident.Resolved(), false)
		},
		"silenced only where all that have it say so": func(t *testing.T, l *lookAt) {
			l.own(t, func(i *directory.Integration) { i.API.URLs = []string{"a", "b"} })
			l.has["b"] = &ports.Reading{Began: l.has["a"].Began, Alerts: map[string][]string{"Down": nil}}
			l.silenced("a", "Down", "s1", "known")
			l.is(t, l.looks(t, 1), incident.Open(), false)
			delete(l.has["b"].Alerts, "Down")
			l.is(t, l.looks(t, 1), incident.Open(), true)
		},
		"an address that is taken away mutes nobody": func(t *testing.T, l *lookAt) {
			l.silenced("a", "Down", "s1", "known")
			l.is(t, l.looks(t, 1), incident.Open(), true)
			l.own(t, func(i *directory.Integration) { i.API.URLs = nil })
			l.is(t, l.looks(t, 1), incident.Open(), false)
			l.forward(LookEvery)
			if n, err := l.look.RunOnce(t.Context()); n != 0 || err != nil {
				t.Errorf("then %d were looked at: %v", n, err)
			}
		},
		"an older server that drops a silence mutes nothing besides": func(t *testing.T, l *lookAt) {
			l.silenced("a", "Down", "s1", "known")
			l.is(t, l.looks(t, 1), incident.Open(), true)
			l.dropSilence(t, "Down")
			if s := l.looks(t, 1); len(s.Silences) != 1 || s.Silences[0].Alerts != 1 {
				t.Errorf("one alert is silenced, counted are %+v", s.Silences)
			}
			l.send(t, l.firing("Slow"))
			l.is(t, l.state(t, 1), incident.Open(), false)
		},
		"an older server that drops a silence that is over does not keep it": func(t *testing.T, l *lookAt) {
			l.silenced("a", "Down", "s1", "known")
			l.is(t, l.looks(t, 1), incident.Open(), true)
			l.dropSilence(t, "Down")
			l.has["a"].Alerts["Down"] = nil
			l.is(t, l.looks(t, 1), incident.Open(), false)
			version := l.state(t, 1).Version
			l.looks(t, 2)
			if now := l.state(t, 1).Version; now != version {
				t.Errorf("where nothing is wrong the incident is written all the same: version %d, then %d", version, now)
			}
		},
		"what is sent while nobody can read is silenced no more": func(t *testing.T, l *lookAt) {
			l.silenced("a", "Down", "s1", "known")
			l.looks(t, 1)
			l.has["a"] = nil
			l.is(t, l.looks(t, 4), incident.Open(), true)
			l.send(t, l.firing("Down"))
			l.is(t, l.looks(t, 1), incident.Open(), false)
		},
		"a silence of ours that a person changed is theirs": func(t *testing.T, l *lookAt) {
			ours, labels := "Acknowledged in Rouse: https://rouse.example.org/i/"+l.looks(t, 1).ID, map[string]string{"alertname": "Down"}
			l.silenced("a", "Down", "s1", ours)
			s := l.has["a"].Silences["s1"]
			s.Labels, s.By = labels, "Bob"
			l.has["a"].Silences["s1"] = s
			l.is(t, l.looks(t, 1), incident.Open(), true)
			l.said(t)
			s.By = "Rouse (Ana)"
			l.has["a"].Silences["s1"] = s
			l.is(t, l.looks(t, 1), incident.Open(), false)
			l.said(t, "a: expire s1")
			s.Labels = nil // it mutes by an expression
			l.has["a"].Silences["s1"] = s
			l.is(t, l.looks(t, 1), incident.Open(), true)
			l.said(t)
		},
		"how old one is says its own clock": func(t *testing.T, l *lookAt) {
			l.looks(t, 1)
			was := l.has["a"]
			delete(was.Alerts, "Down")
			was.Began = l.Now().Add(-2 * young) // by a clock that is behind ours: it just started
			was.At = was.Began.Add(time.Minute)
			l.is(t, l.looks(t, 3), incident.Open(), false)
			was.At = was.Began.Add(young)
			l.is(t, l.looks(t, 2), incident.Resolved(), false)
		},
		"all are asked at once": func(t *testing.T, l *lookAt) {
			urls := []string{"a", "b", "c"}
			l.own(t, func(i *directory.Integration) { i.API.URLs = urls })
			l.has["b"], l.has["c"] = l.has["a"], l.has["a"]
			l.together = &sync.WaitGroup{}
			l.together.Add(len(urls))
			l.looks(t, 1) // each waits for the others
		},
		"our own silences": func(t *testing.T, l *lookAt) {
			l.own(t, func(i *directory.Integration) { i.API.Silence = true })
			number := l.looks(t, 1).ID
			l.said(t)
			l.acknowledge(t)
			l.looks(t, 1)
			ours := "Acknowledged in Rouse: https://rouse.example.org/i/" + number
			l.said(t, `a: silence "" Down `+ours+" by Rouse (Ana)")
			l.silenced("a", "Down", "s1", ours)
			l.label("a", "s1", map[string]string{"alertname": "Down", "severity": "critical", "service": "web"})
			if s := l.looks(t, 1); len(s.Silences) != 0 {
				t.Errorf("what we silence mutes us: %+v", s.Silences)
			}
			l.said(t) // it lasts for an hour
			l.forward(50 * time.Minute)
			l.looks(t, 1)
			l.said(t, `a: silence "s1" Down `+ours+" by Rouse (Ana)")
			l.label("a", "s1", map[string]string{"alertname": "Down"})
			l.looks(t, 1)
			l.said(t, "a: expire s1", `a: silence "" Down `+ours+" by Rouse (Ana)")
			l.own(t, func(i *directory.Integration) { i.API.Silence = false })
			l.looks(t, 1)
			l.said(t, "a: expire s1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLookAt(t, "a")
			l.send(t, l.firing("Down"))
			l.has["a"].Alerts["Down"] = nil
			test(t, l)
		})
	}
}

// dropSilence writes an alert as a server does that knows of no silences.
func (l *lookAt) dropSilence(t *testing.T, fingerprint string) {
	t.Helper()
	err := l.tx(t.Context(), func(ctx context.Context, r Repos) error {
		k := alert.Key{Integration: "am", Fingerprint: fingerprint}
		found, err := r.Alerts.Find(ctx, []alert.Key{k})
		if err != nil {
			return err
		}
		a := found[k]
		a.Silence = alert.Silence{}
		return r.Alerts.Save(ctx, []alert.Alert{a})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (l *lookAt) label(url, silence string, labels map[string]string) {
	s := l.has[url].Silences[silence]
	s.Labels = labels
	l.has[url].Silences[silence] = s
}

// said is what was asked of them since it was last looked at.
func (l *lookAt) said(t *testing.T, want ...string) {
	t.Helper()
	if got := strings.Join(l.asked, "\n"); got != strings.Join(want, "\n") {
		t.Fatalf("they were asked\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	l.asked = nil
}

func (l *lookAt) acknowledge(t *testing.T) {
	t.Helper()
	err := l.tx(t.Context(), func(ctx context.Context, r Repos) error {
		f := incident.NewFold(l.lockOne(ctx, t, r))
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		in := incident.Input{Now: l.Now(), Rules: incident.Rules{}.WithDefaults(), Roster: snap}
		if err := f.Step(incident.Acknowledge{By: incident.Actor{Kind: incident.ByUser, ID: "ana", Name: "Ana"}}, in); err != nil {
			return err
		}
		return r.Incidents.Save(ctx, []incident.Change{f.Change()})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (l *lookAt) lockOne(ctx context.Context, t *testing.T, r Repos) incident.State {
	t.Helper()
	states, err := r.Incidents.Lock(ctx, []id.Incident{1})
	if err != nil {
		t.Fatal(err)
	}
	return states[1]
}
