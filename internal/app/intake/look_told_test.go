package intake

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// told is what the first incident's timeline says of silences.
func (l *lookAt) told(t *testing.T) string {
	t.Helper()
	i, err := l.db.Insight().Show(t.Context(), l.state(t, 1).ID)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range i.Timeline {
		switch e.Kind { //nolint:exhaustive // the others are of other things
		case incident.EntrySilenced, incident.EntryUnsilenced, incident.EntrySilencing, incident.EntrySilencingEnded, incident.EntrySilencingFailed:
			out = append(out, string(e.Kind)+": "+e.Text)
		}
	}
	return strings.Join(out, "\n")
}

// The timeline tells of every silence, once: also where it changes nothing about who is paged.
func TestTimelinesTellOfSilences(t *testing.T) {
	t.Parallel()
	const (
		silenced = "silenced: Silenced by Bob until 2026-03-01 04:00 UTC: known"
		over     = "silence_ended: Not silenced any more: 1 alert"
		ours     = "silencing: Silenced at Alertmanager while somebody has this: 2 alerts"
		failed   = "silencing_failed: Alertmanager did not take our silence, or its end; the integration says why: 2 alerts"
		ended    = "silencing_ended: Our silence at Alertmanager is ended: 1 alert"
	)
	for name, c := range map[string]struct {
		do   func(t *testing.T, l *lookAt)
		want []string
	}{
		"of some alerts": {func(t *testing.T, l *lookAt) {
			l.silenced("a", "Down", "s1", "known")
			l.looks(t, 2)
			l.has["a"].Alerts["Down"] = nil
			l.looks(t, 2)
		}, []string{silenced + " (1 alert)", over}},
		"of all": {func(t *testing.T, l *lookAt) {
			l.silenced("a", "Down", "s1", "known")
			l.silenced("a", "Slow", "s1", "known")
			l.looks(t, 2)
			l.has["a"].Alerts["Down"] = nil
			l.looks(t, 2)
		}, []string{silenced + ". Nobody is paged meanwhile", "silence_ended: It is not silenced any more"}},
		"acknowledged": {func(t *testing.T, l *lookAt) {
			l.acknowledge(t)
			l.silenced("a", "Down", "s1", "known")
			l.silenced("a", "Slow", "s1", "known")
			l.looks(t, 2)
		}, []string{silenced + " (2 alerts)"}},
		"our own": {func(t *testing.T, l *lookAt) {
			l.own(t, func(i *directory.Integration) { i.API.Silence = true })
			l.acknowledge(t)
			l.looks(t, 1)
			l.silenced("a", "Down", "s1", "Acknowledged in Rouse: https://rouse.example.org/i/"+l.state(t, 1).ID)
			l.label("a", "s1", map[string]string{"alertname": "Down", "severity": "critical", "service": "web"})
			l.own(t, func(i *directory.Integration) { i.API.Silence = false })
			l.looks(t, 1)
		}, []string{ours, ended}},
		"that is not taken": {func(t *testing.T, l *lookAt) {
			l.own(t, func(i *directory.Integration) { i.API.Silence = true })
			l.acknowledge(t)
			l.fails = errors.New("403")
			l.looks(t, 3)
			l.fails = nil
			l.looks(t, 1)
		}, []string{failed, ours}},
		"of nobody's incident": {func(t *testing.T, l *lookAt) {
			l.silenced("a", "Other", "s1", "Acknowledged in Rouse: https://rouse.example.org/i/another")
			l.label("a", "s1", map[string]string{"alertname": "Other"})
			l.looks(t, 1)
			l.said(t, "a: expire s1")
			err := l.look.store.Read(t.Context(), func(ctx context.Context, r LookRepos) error {
				looks, err := r.Looks.All(ctx)
				if why := looks[l.in.ID].Error; why != "" {
					t.Errorf("it failed: %s", why)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLookAt(t, "a")
			l.send(t, l.firing("Down"), l.firing("Slow"))
			l.has["a"].Alerts["Down"], l.has["a"].Alerts["Slow"] = nil, nil
			l.looks(t, 1)
			c.do(t, l)
			if got := l.told(t); got != strings.Join(c.want, "\n") {
				t.Errorf("told\n%s\nwant\n%s", got, strings.Join(c.want, "\n"))
			}
		})
	}
}
