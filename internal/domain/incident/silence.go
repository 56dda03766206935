package incident

import (
	"fmt"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Silenced is a silence and how many of the alerts that fire it mutes where they come from.
type Silenced struct {
	alert.Silence
	Alerts int `json:"n"`
}

// Muted brings the silences of all alerts that fire; the zero value is none. They are counted anew: what was counted as they
// came and went is wrong where an older version wrote an alert, which drops its silence.
type Muted struct{ Silences []alert.Silence }

func (ev Muted) apply(e *engine) error {
	e.s.Silences = counted(ev.Silences)
	return nil
}

// MutedBy says whether these are the silences of all alerts that fire, as far as that is known.
func (s *State) MutedBy(silences []alert.Silence) bool {
	is := counted(silences)
	return len(is) == len(s.Silences) && !slices.ContainsFunc(is, func(x Silenced) bool {
		return !slices.ContainsFunc(s.Silences, func(o Silenced) bool { return o.Is(x.Silence) && o.Alerts == x.Alerts })
	})
}

func counted(silences []alert.Silence) (out []Silenced) {
	for _, s := range silences {
		out = count(out, s, 1)
	}
	return out
}

// unread is how long after its end a silence is believed: that it was made to last longer may not have been read yet.
const unread = time.Minute

// countSilence adds to or takes from the alerts that a silence mutes.
func (e *engine) countSilence(of alert.Silence, by int) {
	e.s.Silences = count(slices.Clone(e.s.Silences), of, by)
}

func count(list []Silenced, of alert.Silence, by int) []Silenced {
	if of == (alert.Silence{}) {
		return list
	}
	i := slices.IndexFunc(list, func(x Silenced) bool { return x.Is(of) })
	if i < 0 {
		list, i = append(list, Silenced{Silence: of}), len(list)
	}
	if list[i].Alerts += by; list[i].Alerts <= 0 {
		list = slices.Delete(list, i, i+1)
	}
	return list
}

// SilencedAt is how many of the alerts that fire are silenced at a moment, and the silence of them that ends first.
func (s *State) SilencedAt(now time.Time) (alerts int, first alert.Silence) {
	for _, x := range s.Silences {
		if !now.Before(x.Until.Add(unread)) {
			continue
		}
		if alerts == 0 || x.Until.Before(first.Until) {
			first = x.Silence
		}
		alerts += x.Alerts
	}
	return alerts, first
}

// covered says whether all that fires is silenced. Where nothing fires it stays as it was, until the silence ends.
func (e *engine) covered() bool {
	n := e.s.FiringCount()
	if n == 0 {
		return e.s.Suppressed && e.s.Pending(TimerSuppress)
	}
	silenced, _ := e.s.SilencedAt(e.now())
	return silenced >= n
}

// judgeSilence follows every step: nobody is paged while all that fires is silenced, and somebody is once it is not.
func (e *engine) judgeSilence() {
	s := &e.s
	switch {
	case s.Status != Open() || s.Quiet:
		s.Suppressed = false
		e.cancel(TimerSuppress)
	case e.covered():
		e.suppress()
	case s.Suppressed:
		e.record(EntryUnsilenced, system(), "It is not silenced any more")
		e.startRound(RoundSilenceEnded)
	}
}

// suppress stops all paging until the first of the silences ends.
func (e *engine) suppress() {
	s := &e.s
	if s.FiringCount() == 0 {
		return
	}
	e.cancel(roundKinds()...)
	if !s.Suppressed {
		e.stop()
		s.Suppressed, s.Pages, s.Exhausted, s.LevelAt, s.Spent = true, nil, false, zeroTime(), 0
	}
	_, first := s.SilencedAt(e.now())
	due := first.Until.Add(unread)
	if slices.ContainsFunc(s.Timers, func(t Timer) bool { return t.Kind == TimerSuppress && t.DueAt.Equal(due) }) {
		return
	}
	e.set(TimerSuppress, due)
	e.note(EntrySilenced, source(), map[string]string{"silence": first.ID, "by": first.By, "until": first.Until.UTC().Format(time.RFC3339)},
		"%s. Nobody is paged meanwhile", Silenced{Silence: first})
}

// String says who silenced it, until when and why.
func (s Silenced) String() string {
	return fmt.Sprintf("Silenced by %s until %s UTC%s", s.By, s.Until.UTC().Format("2006-01-02 15:04"), note(s.Comment))
}

// waitForSilence is a round that cannot begin: it is open again, and whoever would be paged is once it is not silenced.
func (e *engine) waitForSilence() {
	s := &e.s
	e.cancel(TimerAckRemind, TimerAckExpire, TimerSnooze)
	if s.Status != Open() {
		e.become(Open())
	}
	s.Assignee, s.SnoozedUntil = Actor{}, zeroTime()
	e.suppress()
}

// pagesNow refuses what would page now while nobody is to be paged.
func (e *engine) pagesNow() error {
	if e.s.Suppressed {
		_, first := e.s.SilencedAt(e.now())
		return fault.Conflict("incident.silenced", "%s is silenced by %s until %s UTC: end the silence, or page somebody else to help",
			e.s.Number, first.By, first.Until.UTC().Format("2006-01-02 15:04"))
	}
	return e.pages()
}
