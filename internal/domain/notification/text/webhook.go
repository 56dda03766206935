package text

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Document is what a webhook receives, as JSON. Fields may be added; none changes its meaning within a version.
// It is the same for every attempt of a message, but for may_repeat.
type Document struct {
	Version   int        `json:"version"` // 1
	ID        string     `json:"id"`      // of the message: the same for every attempt
	Purpose   string     `json:"purpose"` // page (answer it), update (know it) or test (of nothing)
	Digest    bool       `json:"digest"`  // catching up after Rouse could not page
	MayRepeat bool       `json:"may_repeat"`
	CreatedAt time.Time  `json:"created_at"`
	Text      string     `json:"text"` // all of it in a line, for people
	Incidents []Incident `json:"incidents"`
}

// Incident is what a Document says about one incident, as of its created_at.
type Incident struct {
	ID          string            `json:"id"`
	Number      int64             `json:"number"`
	URL         string            `json:"url,omitempty"`
	Title       string            `json:"title"`
	Service     string            `json:"service"`
	Environment string            `json:"environment"`
	Severity    string            `json:"severity"` // critical, error, warning, info, none
	Status      string            `json:"status"`   // open, acknowledged, resolved
	AlertsCount int               `json:"alerts_count"`
	Since       time.Time         `json:"since"`
	RunbookURL  string            `json:"runbook_url,omitempty"`
	Why         string            `json:"why,omitempty"`    // why this recipient
	What        string            `json:"what,omitempty"`   // for updates: what happened
	Events      []Event           `json:"events,omitempty"` // for updates: all that happened since the last document, oldest first
	Next        *Next             `json:"next,omitempty"`   // who is paged if nobody answers
	Labels      map[string]string `json:"labels"`           // of its first alert
}

// Event is one thing that happened to an incident.
type Event struct {
	Event string    `json:"event,omitempty"` // opened, escalated, exhausted, acknowledged, unacknowledged, snoozed, reassigned, severity_changed, note, resolved, reopened, merged
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
}

// Next is who is paged next, and when.
type Next struct {
	Who string    `json:"who"`
	At  time.Time `json:"at"`
}

// Webhook is the message as a document for programs.
func Webhook(in Input) Document {
	d := Document{
		Version: 1, ID: string(in.ID), Purpose: string(in.Purpose), Digest: in.Digest, MayRepeat: in.MayRepeat,
		CreatedAt: in.CreatedAt.UTC(), Text: Line(in), Incidents: make([]Incident, 0, len(in.Items)),
	}
	if _, ok := in.test(); ok {
		return d
	}
	for _, it := range in.Items {
		d.Incidents = append(d.Incidents, in.incident(it))
	}
	return d
}

func (in Input) incident(it notification.Item) Incident {
	out := Incident{
		ID: it.ID, Number: int64(it.Incident), URL: in.link(it), Title: title(it), Service: clean(it.Service, maxTitle),
		Environment: clean(it.Environment, maxTitle), Severity: it.Severity.String(), Status: it.Status,
		AlertsCount: it.Alerts, Since: it.Since.UTC(), RunbookURL: runbook(it), Why: clean(it.Why, maxText),
		What: clean(it.Text, maxText), Labels: make(map[string]string, len(it.Labels)),
	}
	if it.Next != "" {
		out.Next = &Next{Who: clean(it.Next, maxText), At: it.NextAt.UTC()}
	}
	for _, e := range it.Events {
		out.Events = append(out.Events, Event{Event: string(e.Event), Text: clean(e.Text, maxText), At: e.At.UTC()})
	}
	for _, l := range it.Labels {
		out.Labels[clean(l.Name, maxValue)] = clean(l.Value, maxValue)
	}
	return out
}

// Line is the message in one line, for chats and logs.
func Line(in Input) string {
	if t, ok := in.test(); ok {
		return t
	}
	s := Subject(in)
	if in.Purpose == notification.PurposeUpdate && len(in.Items) == 1 {
		s = what(in.Items[0], maxText) + ": " + s
	}
	if in.MayRepeat {
		s = "(may repeat) " + s
	}
	return s
}
