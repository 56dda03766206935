package incident

import (
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// PageNow is a person opening an incident and paging whom they choose; no alert is needed. Level 1 of all its
// rounds is whom they chose, then the service's policy goes on. Only people resolve it.
type PageNow struct {
	By       Actor
	Severity alert.Severity
	Targets  []escalation.Target
	Text     string // in their words; may be empty
}

func (ev PageNow) apply(e *engine) error {
	s := &e.s
	if !s.OpenedAt.IsZero() {
		return fault.Conflict("incident.opened_already", "%s is open already", s.Number)
	}
	if ev.Severity.Quiet() {
		return fault.Invalid("incident.severity", "who pages somebody means warning, error or critical, not %s", ev.Severity).At("severity")
	}
	who, err := e.reachable(ev.Targets...)
	if err != nil {
		return err
	}
	s.OpenedAt, s.Severity, s.Manual = e.now(), ev.Severity, true
	s.Own = Choice{Targets: ev.Targets, Why: ev.By.Name + " pages you" + note(short(ev.Text))}
	e.become(Open())
	e.record(EntryOpened, ev.By, "%s opened it and pages %s%s", ev.By.Name, who, note(ev.Text))
	e.startRound(RoundOpened)
	return nil
}

// keepOpen says whether only people resolve it.
func (e *engine) keepOpen() bool { return e.in.Rules.KeepOpen || e.s.Manual }
