package deliver

import (
	"fmt"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Timeline entries about single deliveries; what became of whole pages is the engine's to say.
const (
	EntryDeliveryFailed      incident.EntryKind = "delivery_failed"
	EntryDeliveryConfirmed   incident.EntryKind = "delivery_confirmed"
	EntryDeliveryUnconfirmed incident.EntryKind = "delivery_unconfirmed"
	EntryDeliveryElsewhere   incident.EntryKind = "delivery_elsewhere"
)

type newsKind int

const (
	reachedNews   newsKind = iota // a provider took it
	confirmedNews                 // and says that it arrived
	doubtfulNews                  // and does not say so
	elsewhereNews                 // and another took it, too
	endedNews                     // it reached nobody
)

// news is what came of one delivery of a page.
type news struct {
	page    notification.PageKey
	purpose notification.Purpose
	kind    newsKind
	by      string // channel kind
	detail  string
	message id.Message
}

// event is news for the engine.
type event struct {
	incident id.Incident
	event    incident.Event
}

// events are the news in the engine's words, once all results are applied: a page failed when none of its
// deliveries reached anybody or still can.
func (rec *recording) events() []event {
	var out []event
	failed := make(map[notification.PageKey]bool)
	for _, n := range rec.news {
		ev := incident.Event(rec.noted(n))
		switch {
		case n.kind == reachedNews:
			ev = incident.PageReported{Page: n.page, Purpose: n.purpose, Outcome: incident.PageAccepted, By: n.by, Detail: n.detail}
		case n.kind == endedNews && rec.over(n.page):
			if failed[n.page] {
				continue
			}
			failed[n.page] = true
			ev = incident.PageReported{Page: n.page, Purpose: n.purpose, Outcome: incident.PageFailed, By: n.by, Detail: n.detail}
		}
		out = append(out, event{n.page.Incident, ev})
	}
	return out
}

func (rec *recording) over(p notification.PageKey) bool {
	for _, d := range rec.pages[p] {
		if d.Status.Live() || d.Status.Reached() {
			return false
		}
	}
	return true
}

func (rec *recording) noted(n news) incident.Noted {
	name := rec.people.Name(n.page.Recipient)
	out := incident.Noted{
		Actor: incident.Actor{Kind: incident.BySystem, Name: "Rouse"},
		Data:  map[string]string{"recipient": n.page.Recipient.ID, "by": n.by, "message": string(n.message)},
	}
	switch n.kind {
	case confirmedNews:
		out.Kind, out.Text = EntryDeliveryConfirmed, fmt.Sprintf("%s arrived at %s", n.by, name)
	case doubtfulNews:
		out.Kind, out.Text = EntryDeliveryUnconfirmed, fmt.Sprintf("%s to %s: %s", n.by, name, n.detail)
	case elsewhereNews:
		out.Kind, out.Text = EntryDeliveryElsewhere, fmt.Sprintf("%s to %s: %s", n.by, name, n.detail)
	default:
		out.Kind, out.Text = EntryDeliveryFailed, fmt.Sprintf("%s to %s failed: %s", n.by, name, n.detail)
	}
	return out
}
