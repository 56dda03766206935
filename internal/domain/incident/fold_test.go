package incident_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func TestFold(t *testing.T) {
	t.Parallel()
	h := newStory(t, "ana")
	in := incident.Input{Now: h.now, Rules: h.rules.WithDefaults(), Roster: h.roster}
	f := incident.NewFold(h.state)
	if f.Steps() != 0 {
		t.Fatal("a step was taken")
	}
	for range 13 {
		if err := f.Step(incident.Fired{Alert: "Down", Severity: critical, New: true, Stale: true}, in); err != nil {
			t.Fatal(err)
		}
	}
	f.Point("k1")
	f.Point("k1")
	number := f.NextSeq()
	if err := f.Step(incident.Noted{Kind: "seen", Actor: by("ana"), Text: "50 % done"}, in); err != nil {
		t.Fatal(err)
	}
	c := f.Change()
	var texts []string
	for i, e := range c.Entries {
		texts = append(texts, e.Text)
		if i > 0 && e.Seq <= c.Entries[i-1].Seq || e.Incident != 1 || !e.OpenedAt.Equal(h.now) {
			t.Fatalf("entry %+v", e)
		}
	}
	want := []string{
		"Opened by Down:  (may be stale)", "Round 1: opened", "Paging ana: level 1 of web", "12 alerts joined", "50 % done",
	}
	if !slices.Equal(texts, want) {
		t.Fatalf("timeline %q", texts)
	}
	if !slices.Equal(c.Point, []string{"k1"}) || f.Steps() != 14 || c.State.Alerts != 13 || c.State.Seq != number+1 {
		t.Fatalf("change %+v", c)
	}
	if len(c.Set) != 1 || c.Set[0].Incident != 1 || len(c.Cancel) != 0 || len(c.Pages) != 1 {
		t.Fatalf("set %v, cancel %v, pages %v", c.Set, c.Cancel, c.Pages)
	}
}

func TestFoldNetsWhatIsOverBeforeItBegan(t *testing.T) {
	t.Parallel()
	h := newStory(t, "ana")
	in := incident.Input{Now: h.now, Rules: h.rules.WithDefaults(), Roster: h.roster}
	f := incident.NewFold(h.state)
	for _, ev := range []incident.Event{
		incident.Fired{Alert: "Down", Severity: critical, New: true}, incident.Ended{Alert: "Down", Severity: critical},
	} {
		if err := f.Step(ev, in); err != nil {
			t.Fatal(err)
		}
	}
	c := f.Change()
	if len(c.Set) != 0 || len(c.Cancel) != 1 || c.Cancel[0].Kind != incident.TimerEscalate {
		t.Fatalf("set %v, cancel %v", c.Set, c.Cancel)
	}
	if !c.Stop || len(c.Pages) != 1 || c.Pages[0].Deliveries[0].Status.Live() {
		t.Fatalf("stop %t, pages %+v: what was stopped in the same change must not be sent", c.Stop, c.Pages)
	}
}

func TestFoldKeepsItsStateWhenAStepIsRefused(t *testing.T) {
	t.Parallel()
	h := newStory(t, "ana")
	h.fire("Down", critical)
	h.heal("Down")
	f := incident.NewFold(h.state)
	err := f.Step(incident.Acknowledge{By: by("ana")}, incident.Input{Now: h.now.Add(time.Hour), Rules: h.rules.WithDefaults(), Roster: h.roster})
	if err == nil || f.Steps() != 0 || f.State().UpdatedAt != h.state.UpdatedAt {
		t.Fatalf("error %v, steps %d", err, f.Steps())
	}
}

func TestStatusNames(t *testing.T) {
	t.Parallel()
	for _, s := range []incident.Status{incident.Open(), incident.Acknowledged(), incident.Resolved()} {
		text, _ := s.MarshalText()
		var back incident.Status
		if err := back.UnmarshalText(text); err != nil || back != s || s.String() != string(text) {
			t.Errorf("%s: %v, %v", text, back, err)
		}
	}
	var s incident.Status
	if s.UnmarshalText([]byte("closed")) == nil {
		t.Error("closed is a status")
	}
}
