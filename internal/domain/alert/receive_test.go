package alert_test

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// day is where stories begin. Sources' clocks (s1, e1, …) and ours never meet: raw times lie a day before.
var day = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func raw(minute int) time.Time { return day.Add(-24*time.Hour + time.Duration(minute)*time.Minute) }

var (
	none   time.Time
	s1, e1 = raw(0), raw(10)
	s2, e2 = raw(20), raw(30)
)

// source is one alert and a clock of ours.
type source struct {
	t   *testing.T
	now time.Time
	a   alert.Alert
}

func newSource(t *testing.T) *source {
	t.Parallel()
	return &source{t: t, now: day}
}

func (s *source) expect(want, got alert.OutcomeKind) {
	s.t.Helper()
	if got != want {
		s.t.Fatalf("outcome %q, want %q; alert %+v", got, want, s.a)
	}
}

func (s *source) fires(start time.Time, want alert.OutcomeKind) {
	s.t.Helper()
	var out alert.Outcome
	s.a, out = s.a.Receive(&alert.Signal{Firing: true, StartsAt: start, Severity: alert.Error()}, s.now)
	s.expect(want, out.Kind)
}

func (s *source) resolves(start, end time.Time, want alert.OutcomeKind) {
	s.t.Helper()
	var out alert.Outcome
	s.a, out = s.a.Receive(&alert.Signal{StartsAt: start, EndsAt: end}, s.now)
	s.expect(want, out.Kind)
}

func (s *source) after(d time.Duration) { s.now = s.now.Add(d) }

func (s *source) doubts(start time.Time, in time.Duration) {
	s.t.Helper()
	if s.a.Doubt == nil || !s.a.Doubt.Start.Equal(start) || s.a.Doubt.Due.Sub(s.now) != in {
		s.t.Fatalf("doubt %+v, want start %s in %s", s.a.Doubt, start, in)
	}
}

func (s *source) doubtsNothing() {
	s.t.Helper()
	if s.a.Doubt != nil {
		s.t.Fatalf("doubt %+v", s.a.Doubt)
	}
}

// anew is a doubt that comes due.
func (s *source) anew() {
	s.t.Helper()
	s.now = s.a.Doubt.Due
	if s.a = s.a.FireAnew(s.now); !s.a.Firing || !s.a.Stale || s.a.Doubt != nil {
		s.t.Fatalf("after the doubt came due: %+v", s.a)
	}
}

func TestOccurrences(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(s *source){
		"the same start refreshes, a newer one supersedes, an older one refreshes the newer": func(s *source) {
			s.fires(s1, alert.Began)
			s.after(time.Minute)
			s.fires(s1, alert.Refreshed)
			if !s.a.LastSeen.Equal(s.now) {
				s.t.Fatal("not seen")
			}
			s.fires(s2, alert.Superseded)
			s.fires(s1, alert.Refreshed)
			if !s.a.Start.Equal(s2) {
				s.t.Fatalf("start %s", s.a.Start)
			}
		},
		"resolved ends what started at or before the later of its start and end": func(s *source) {
			s.fires(s2, alert.Began)
			s.resolves(s1, e1, alert.Idle)
			s.resolves(s1, s2, alert.Ended)
			if !s.a.EndedAt.Equal(s.now) {
				s.t.Fatal("ended at no time")
			}
		},
		"resolved without an end ends by its start": func(s *source) {
			s.fires(s1, alert.Began)
			s.resolves(s2, none, alert.Ended)
			s.fires(s1, alert.Doubtful)
		},
		"resolved with neither ends all and makes nothing late": func(s *source) {
			s.fires(s2, alert.Began)
			s.resolves(none, none, alert.Ended)
			s.fires(s1, alert.Began)
		},
		"without a start: the open occurrence's, else the moment of receipt": func(s *source) {
			s.fires(s1, alert.Began)
			s.fires(none, alert.Refreshed)
			if !s.a.Start.Equal(s1) || s.a.OurStart {
				s.t.Fatalf("start %s", s.a.Start)
			}
			s.resolves(s1, e1, alert.Ended)
			s.after(time.Minute)
			s.fires(none, alert.Began)
			if !s.a.Start.Equal(s.now) || !s.a.OurStart {
				s.t.Fatalf("start %s", s.a.Start)
			}
		},
		"what began at our moment of receipt is ended by any resolved: clocks are not mixed": func(s *source) {
			s.fires(none, alert.Began)
			s.resolves(s1, e1, alert.Ended)
		},
		"a source that names the start later names the same occurrence": func(s *source) {
			s.fires(none, alert.Began)
			s.fires(s1, alert.Refreshed)
			if !s.a.Start.Equal(s1) || s.a.OurStart {
				s.t.Fatalf("start %s, ours %t", s.a.Start, s.a.OurStart)
			}
		},
		"ends that we made up make nothing late": func(s *source) {
			s.fires(s1, alert.Began)
			s.a = s.a.End(s.now)
			if s.a.Firing {
				s.t.Fatal("fires")
			}
			s.fires(s1, alert.Began)
		},
		"after an end a newer start is a new occurrence": func(s *source) {
			s.fires(s1, alert.Began)
			s.resolves(s1, e1, alert.Ended)
			s.fires(s2, alert.Began)
			s.resolves(s2, e2, alert.Ended)
			s.resolves(s2, e2, alert.Idle)
		},
		"hearing it again ends that it was only brought back by grace": func(s *source) {
			s.fires(s1, alert.Began)
			s.a.Graced = true
			s.fires(s1, alert.Refreshed)
			if s.a.Graced {
				s.t.Fatal("graced still")
			}
		},
	} {
		t.Run(name, func(t *testing.T) { tell(newSource(t)) })
	}
}

func TestLateAndDoubtful(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(s *source){
		"never seen firing: late, and doubtful when received again 6 min later": func(s *source) {
			s.resolves(s1, e1, alert.Idle)
			s.fires(s1, alert.Late)
			s.after(6*time.Minute - time.Second)
			s.fires(s1, alert.Late)
			s.doubtsNothing()
			s.after(time.Second)
			s.fires(s1, alert.Doubtful)
			s.doubts(s1, 6*time.Minute)
			if s.a.Firing {
				s.t.Fatal("fires")
			}
		},
		"seen firing: doubtful; the moment is not put off by more of the same": func(s *source) {
			s.fires(s1, alert.Began)
			s.resolves(s1, e1, alert.Ended)
			s.fires(s1, alert.Doubtful)
			s.after(2 * time.Minute)
			s.fires(s1, alert.Doubtful)
			s.doubts(s1, 4*time.Minute)
		},
		"an older end is no step back": func(s *source) {
			s.resolves(s2, e2, alert.Idle)
			s.resolves(s1, e1, alert.Idle)
			s.fires(s2, alert.Late)
		},
		"what is over does not become the start of what fires": func(s *source) {
			s.resolves(s1, e1, alert.Idle)
			s.fires(none, alert.Began)
			s.fires(s1, alert.Refreshed)
			if !s.a.OurStart || s.a.Start.Equal(s1) {
				s.t.Fatalf("start %s", s.a.Start)
			}
		},
		"a start at the very end is over": func(s *source) {
			s.resolves(s1, e1, alert.Idle)
			s.fires(e1, alert.Late)
			s.fires(e1.Add(time.Nanosecond), alert.Began)
		},
		"a newer firing cancels a doubt": func(s *source) {
			s.doubtful()
			s.fires(s2, alert.Began)
			s.doubtsNothing()
		},
		"a resolved of the same start cancels it; a later doubtful firing sets a new one": func(s *source) {
			s.doubtful()
			s.resolves(s1, e1, alert.Idle)
			s.doubtsNothing()
			s.after(time.Hour)
			s.fires(s1, alert.Doubtful)
			s.doubts(s1, 6*time.Minute)
		},
		"a resolved without a start cancels it": func(s *source) {
			s.doubtful()
			s.resolves(none, none, alert.Idle)
			s.doubtsNothing()
		},
		"a resolved of an older start does not": func(s *source) {
			s.fires(s2, alert.Began)
			s.resolves(s2, e2, alert.Ended)
			s.fires(s2, alert.Doubtful)
			s.resolves(s1, raw(60), alert.Idle)
			s.doubts(s2, alert.DoubtAfter)
		},
		"due, it fires anew and may be stale; a repeat keeps it so": func(s *source) {
			s.doubtful()
			s.anew()
			s.fires(s1, alert.Refreshed)
			if !s.a.Stale || !s.a.Start.Equal(s1) {
				s.t.Fatalf("alert %+v", s.a)
			}
		},
		"what fires by doubt: ended by a resolved of its start": func(s *source) {
			s.doubtful()
			s.anew()
			s.resolves(s1, none, alert.Ended)
		},
		"what fires by doubt: ended by a resolved without a start": func(s *source) {
			s.doubtful()
			s.anew()
			s.resolves(none, none, alert.Ended)
		},
		"what fires by doubt: not ended by a resolved of an older start, whatever its end": func(s *source) {
			s.doubtful()
			s.anew()
			s.resolves(s1.Add(-time.Hour), raw(600), alert.Idle)
		},
		"a newer start makes it certain": func(s *source) {
			s.doubtful()
			s.anew()
			s.fires(s2, alert.Superseded)
			if s.a.Stale {
				s.t.Fatal("stale")
			}
		},
		"nothing fires anew without a doubt, or while it fires": func(s *source) {
			if s.a = s.a.FireAnew(s.now); s.a.Firing {
				s.t.Fatal("fires")
			}
			s.fires(s1, alert.Began)
			if s.a = s.a.FireAnew(s.now); s.a.Stale {
				s.t.Fatal("stale")
			}
		},
		"silence is 24 h where the repeat is unknown, else 1.5 × of it": func(s *source) {
			s.doubtful()
			s.anew()
			if got := s.a.SilentAt().Sub(s.now); got != 24*time.Hour {
				s.t.Fatalf("silent in %s", got)
			}
			s.after(time.Hour)
			s.fires(s1, alert.Refreshed)
			s.after(2 * time.Second) // the twin of a highly available pair
			s.fires(s1, alert.Refreshed)
			if got := s.a.SilentAt().Sub(s.now); got != 90*time.Minute {
				s.t.Fatalf("silent in %s", got)
			}
		},
		"silence that ended it makes nothing late": func(s *source) {
			s.doubtful()
			s.anew()
			s.a = s.a.End(s.a.SilentAt())
			s.fires(s1, alert.Doubtful) // of an end that the source told, before
			s.fires(s2, alert.Began)
		},
	} {
		t.Run(name, func(t *testing.T) { tell(newSource(t)) })
	}
}

// doubtful has an alert that fires again although it is known to be over.
func (s *source) doubtful() {
	s.t.Helper()
	s.fires(s1, alert.Began)
	s.resolves(s1, e1, alert.Ended)
	s.fires(s1, alert.Doubtful)
}

func TestLabelsAreTheLastFiringSignals(t *testing.T) {
	s := newSource(t)
	receive := func(firing bool, start, end time.Time, sev alert.Severity) alert.Outcome {
		var out alert.Outcome
		s.a, out = s.a.Receive(&alert.Signal{Firing: firing, StartsAt: start, EndsAt: end, Severity: sev}, s.now)
		return out
	}
	receive(true, s1, none, alert.Warning())
	if out := receive(true, s1, none, alert.Critical()); out.Was != alert.Warning() {
		t.Fatalf("it was %s", out.Was)
	}
	if out := receive(false, s1, e1, alert.Info()); out.Was != alert.Critical() || s.a.Severity != alert.Critical() {
		t.Fatalf("a resolved signal changed the severity from %s to %s", out.Was, s.a.Severity)
	}
	receive(true, raw(5), none, alert.Info())
	if s.a.Severity != alert.Critical() {
		t.Fatalf("a late signal changed the severity to %s", s.a.Severity)
	}
}

// What waited for too long wakes nobody: it changes nothing but the count, and whoever hears the alert fire begins it.
func TestExpired(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(s *source){
		"one that does not fire is left to the next that is heard": func(s *source) {
			s.expires(s1, alert.Expired)
			if s.a.Firing || s.a.Received != 1 || s.a.Name != "Down" {
				s.t.Fatalf("alert %+v", s.a)
			}
			s.fires(s1, alert.Began)
		},
		"one that fires stays as it is, severity and start included": func(s *source) {
			s.fires(s1, alert.Began)
			s.expires(s2, alert.Refreshed)
			if !s.a.Start.Equal(s1) || s.a.Severity != alert.Error() {
				s.t.Fatalf("alert %+v", s.a)
			}
		},
		"one that is over is late": func(s *source) {
			s.resolves(s1, e1, alert.Idle)
			s.expires(s1, alert.Late)
		},
		"one without times whose end was received after it is late": func(s *source) {
			s.resolves(none, none, alert.Idle)
			s.expires(none, alert.Late)
		},
	} {
		t.Run(name, func(t *testing.T) { tell(newSource(t)) })
	}
}

// expires is a firing signal that was received two hours ago.
func (s *source) expires(start time.Time, want alert.OutcomeKind) {
	s.t.Helper()
	var out alert.Outcome
	s.a, out = s.a.Receive(&alert.Signal{
		Firing: true, StartsAt: start, Name: "Down", Severity: alert.Critical(), ReceivedAt: s.now.Add(-2 * time.Hour), Expired: true,
	}, s.now)
	s.expect(want, out.Kind)
}
