package incident

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// pageOut is a batch of pages: one for each recipient.
type pageOut struct {
	recipients []notification.Recipient
	pass       int
	level      int
	purpose    notification.Purpose
	urgency    alert.Urgency
	reason     string
	timeout    time.Duration
	event      notification.Event
	needed     bool // a round starts where it fails
}

// page decides that recipients must know now. Nobody is paged twice in one pass; whoever has a delivery
// waiting for this incident gets no further one.
func (e *engine) page(out pageOut) {
	s := &e.s
	pages := e.livePages(out.pass)
	if s.First == (alert.Severity{}) && len(out.recipients) > 0 {
		s.First = s.Severity
	}
	for _, r := range out.recipients {
		if slices.ContainsFunc(pages, func(p PageState) bool { return p.Pass == out.pass && p.Level == out.level && p.Recipient == r }) {
			continue
		}
		p := notification.Page{
			PageKey: notification.PageKey{Incident: s.Number, Round: s.Round, Pass: out.pass, Level: out.level, Recipient: r},
			Purpose: out.purpose, Reason: out.reason, Urgency: out.urgency, Severity: s.Severity, At: e.now(), Since: e.late,
			Opened: s.OpenedAt, Event: out.event, ByHand: s.Manual && s.Round == 1 && out.level == 1 && out.purpose == notification.PurposePage,
		}
		pages = append(pages, e.deliveries(&p, pages, out))
		if out.purpose == notification.PurposePage && !slices.Contains(s.Paged, r) {
			s.Paged = append(slices.Clip(s.Paged), r)
		}
		e.emit(SendPage{p})
		if r.Kind == notification.ToUser || out.purpose == notification.PurposePage {
			e.note(EntryPaged, system(), map[string]string{
				"recipient": r.ID, "kind": string(r.Kind), "level": fmt.Sprint(out.level), "pass": fmt.Sprint(out.pass), "purpose": string(out.purpose),
			}, "%s %s: %s", verb(out.purpose), e.in.Roster.Name(r), out.reason)
		}
	}
	s.Pages = pages
}

// deliveries gives a page its deliveries, or a share of those that wait for its recipient already.
func (e *engine) deliveries(p *notification.Page, pages []PageState, out pageOut) PageState {
	r := p.Recipient
	st := PageState{Pass: out.pass, Level: out.level, Recipient: r, Until: e.now(), Purpose: out.purpose, Needed: out.needed}
	if i := slices.IndexFunc(pages, func(o PageState) bool { return o.Recipient == r && o.waiting(e.now()) && o.Purpose == out.purpose }); i >= 0 {
		e.share(&st, pages[i])
		return st
	}
	p.Deliveries = notification.Expand(*p, e.in.Roster.Reach(r), cmp.Or(out.timeout, escalation.DefaultAckTimeout))
	for _, d := range p.Deliveries {
		st.OwnHours = st.OwnHours || d.OwnHours
		if d.DueAt.After(st.Until) {
			st.Until = d.DueAt
		}
	}
	return st
}

// share makes the deliveries that wait for one page another's, too.
func (e *engine) share(st *PageState, of PageState) {
	st.Until, st.OwnHours, st.Outcome = of.Until, of.OwnHours, of.Outcome
	st.OfPass, st.OfLevel = of.Pass, of.Level // of is the first that is found, so the one that has them
	if st.Outcome == PageAccepted && st.Purpose == notification.PurposePage {
		e.s.Reached, e.s.WalkReach = true, true
	}
}

func verb(p notification.Purpose) string {
	if p == notification.PurposePage {
		return "Paging"
	}
	return "Telling"
}

func (p PageState) waiting(now time.Time) bool {
	return p.Outcome != PageFailed && p.Until.After(now)
}

// livePages forgets pages that nothing depends on any more.
func (e *engine) livePages(pass int) []PageState {
	return slices.DeleteFunc(slices.Clone(e.s.Pages), func(p PageState) bool {
		current := p.Pass == pass || p.Pass == e.s.LevelPass
		return !current && (p.Outcome == PageFailed || p.Outcome == PageAccepted && !p.waiting(e.now()))
	})
}

// tellChannels tells the service's own channels, which are no escalation levels.
func (e *engine) tellChannels(event notification.Event, text string) {
	if e.s.Quiet {
		return
	}
	if who := e.in.Roster.ChannelsOf(e.s.Service); len(who) > 0 {
		e.page(pageOut{recipients: who, pass: e.nextPass(), purpose: notification.PurposeUpdate, urgency: e.urgency(), reason: text, event: event, timeout: 4 * time.Hour})
	}
}

// tellFollowers tells those of the service's channels that want to know everything.
func (e *engine) tellFollowers(event notification.Event, text string) {
	if e.s.Quiet {
		return
	}
	who := slices.DeleteFunc(e.in.Roster.ChannelsOf(e.s.Service), func(r notification.Recipient) bool { return !e.in.Roster.Reach(r).Follows })
	if len(who) > 0 {
		e.page(pageOut{recipients: who, pass: e.nextPass(), purpose: notification.PurposeUpdate, urgency: e.urgency(), reason: text, event: event, timeout: 4 * time.Hour})
	}
}

func (ev PageReported) apply(e *engine) error {
	s := &e.s
	e.reported(ev)
	if ev.Page.Round != s.Round || s.Status == Resolved() {
		return nil
	}
	for _, p := range e.settled(ev.Page, ev.Outcome) {
		switch {
		case s.Round != ev.Page.Round: // one of them began another
		case ev.Outcome == PageFailed:
			e.pageFailed(p)
		case p.Purpose == notification.PurposePage:
			s.Reached = true
			s.WalkReach = s.WalkReach || p.Pass >= s.WalkPass
		}
	}
	return nil
}

// settled notes what became of a page, and so of those that share its deliveries.
func (e *engine) settled(k notification.PageKey, o PageOutcome) []PageState {
	var of []PageState
	e.s.Pages = slices.Clone(e.s.Pages)
	for i := range e.s.Pages {
		p := &e.s.Pages[i]
		if p.Recipient == k.Recipient && (p.Pass == k.Pass && p.Level == k.Level || p.OfPass == k.Pass && p.OfLevel == k.Level) {
			p.Outcome = o
			of = append(of, *p)
		}
	}
	return of
}

// pageFailed goes on at once where a level, or the assignee, cannot be reached at all.
func (e *engine) pageFailed(p PageState) {
	s := &e.s
	switch {
	case s.Status == Acknowledged():
		if p.Needed {
			e.startRound(RoundUnreached)
		}
	case s.Pending(TimerEscalate) && s.running(p) && e.levelFailed():
		e.cancel(TimerEscalate)
		e.advance(e.policy())
	}
}

// running says whether a page is of the level whose answer is awaited, or of those that were paged with it.
func (s *State) running(p PageState) bool {
	return p.Purpose == notification.PurposePage && p.Pass == s.LevelPass && p.Level >= s.LevelFrom && p.Level <= s.Level
}

// levelFailed says whether nothing of the running level reached anybody or still can.
func (e *engine) levelFailed() bool {
	return !slices.ContainsFunc(e.s.Pages, func(p PageState) bool { return e.s.running(p) && p.Outcome != PageFailed })
}

func (e *engine) levelReached() bool {
	return slices.ContainsFunc(e.s.Pages, func(p PageState) bool {
		return e.s.running(p) && (p.Outcome == PageAccepted || p.waitsForTheirHours())
	})
}

func (p PageState) waitsForTheirHours() bool { return p.OwnHours && p.Outcome == PagePending }

// waitsForTheirHours says whether a page of this pass or a later one waits by somebody's own hours: they are as good as reached.
func (e *engine) waitsForTheirHours(from int) bool {
	return slices.ContainsFunc(e.s.Pages, func(p PageState) bool {
		return p.Pass >= from && p.Purpose == notification.PurposePage && p.waitsForTheirHours()
	})
}

func pageData(ev PageReported) map[string]string {
	return map[string]string{"recipient": ev.Page.Recipient.ID, "by": ev.By, "level": fmt.Sprint(ev.Page.Level), "pass": fmt.Sprint(ev.Page.Pass)}
}

// reported puts a report on the timeline. An update is not a page: nobody was woken by it.
func (e *engine) reported(ev PageReported) {
	name, by := e.in.Roster.Name(ev.Page.Recipient), cmp.Or(ev.By, "the provider")
	switch update := ev.Purpose == notification.PurposeUpdate; {
	case ev.Outcome == PageAccepted && update:
		e.note(EntryTold, system(), pageData(ev), "%s took the update to %s%s", by, name, note(ev.Detail))
	case ev.Outcome == PageAccepted:
		e.s.AcceptedAt = e.now()
		e.note(EntryDelivered, system(), pageData(ev), "%s took the page to %s%s", by, name, note(ev.Detail))
	case update:
		e.note(EntryNotTold, system(), pageData(ev), "%s could not be told%s", name, note(ev.Detail))
	default:
		e.note(EntryUndelivered, system(), pageData(ev), "%s could not be reached%s", name, note(ev.Detail))
	}
}
