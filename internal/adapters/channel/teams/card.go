// Package teams tells Microsoft Teams by Adaptive Cards: through the webhook of a workflow, or as a bot, which keeps a card
// for each incident and takes what people answer by its buttons and in words.
package teams

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
)

// Limits of a message and of its card.
// https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/format-your-bot-messages
const (
	maxMessage = 28 << 10 // bytes
	maxShown   = 12       // incidents, labels and events of one card
	maxNote    = 3000     // characters
	maxURL     = 2000
)

const (
	cardType    = "application/vnd.microsoft.card.adaptive"
	cardVersion = "1.4" // the first with Action.Execute; what every client of Teams has
)

// object is one of a card's. https://adaptivecards.io/explorer/
type object = map[string]any

// draft is a card about to be written.
type draft struct {
	text.Input
	bot  bool // it is edited, and has buttons that are answered
	most int  // incidents, labels and events
}

// message is the message with its card. What is too much for Teams is left out: labels, events, incidents.
func message(in text.Input, bot bool) ([]byte, error) {
	for most := maxShown; ; most-- {
		d := draft{in, bot, most}
		b, err := json.Marshal(object{
			"type": "message", "summary": text.Line(in),
			"attachments": []object{{"contentType": cardType, "content": d.card()}},
		})
		if err != nil || len(b) <= maxMessage || most == 0 {
			return b, err
		}
	}
}

func (d draft) card() object {
	c := object{"type": "AdaptiveCard", "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "version": cardVersion}
	if d.Purpose == notification.PurposeTest || len(d.Items) == 0 {
		c["body"] = []object{block(run(text.Line(d.Input)))}
		return c
	}
	var body []object
	if len(d.Items) > 1 {
		body = append(body, block(bold(text.Line(d.Input))))
	}
	shown := min(max(d.most, 1), len(d.Items))
	for _, it := range d.Items[:shown] {
		body = append(body, d.state(it))
	}
	if more := len(d.Items) - shown; more > 0 {
		body = append(body, block(run(fmt.Sprintf("and %d more", more))))
	}
	if len(d.Items) == 1 {
		body = append(body, d.details()...)
		c["actions"] = d.actions()
	}
	c["body"] = body
	return c
}

// state is what is true of an incident, in the colour of how bad that is.
func (d draft) state(it notification.Item) object {
	p := d.post(it)
	head := p.Head
	if d.MayRepeat {
		head = "(may repeat) " + head
	}
	facts := block(run(strings.Join(p.Facts, " · ")))
	facts["spacing"] = "Small"
	return object{"type": "Container", "style": colour(it), "bleed": true, "items": []object{block(bold(p.Severity+" "), run(head)), facts}}
}

func (d draft) post(it notification.Item) text.Posted {
	return text.Post(d.Input, it, text.Style{Clock: d.clock, Plain: plain})
}

// clock is a moment in the time zone of whoever reads it.
// https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features#datetime-formatting-and-localization
func (d draft) clock(t time.Time) string {
	at := t.UTC().Format("2006-01-02T15:04:05Z")
	if d.CreatedAt.Sub(t).Abs() > 12*time.Hour {
		return "{{DATE(" + at + ", SHORT)}} {{TIME(" + at + ")}}"
	}
	return "{{TIME(" + at + ")}}"
}

// plain is text in which nothing is a moment. It needs no more: the text of a TextRun is no Markdown.
func plain(s string) string { return strings.ReplaceAll(s, "{{", "{ {") }

func colour(it notification.Item) string {
	switch it.Status {
	case "resolved":
		return "good"
	case "acknowledged":
		return "emphasis"
	}
	style := map[string]string{"critical": "attention", "error": "attention", "warning": "warning"}[it.Severity.String()]
	if style == "" {
		return "accent"
	}
	return style
}

// details are what happened, where the card is told once, and the labels, where it is not about a change.
func (d draft) details() []object {
	i := text.Webhook(d.Input).Incidents[0]
	var out []object
	if !d.bot {
		for _, e := range i.Events[max(len(i.Events)-d.most, 0):] {
			out = append(out, block(run(d.clock(e.At)+" "+plain(e.Text))))
		}
	}
	if d.Purpose == notification.PurposeUpdate && !d.bot {
		return out
	}
	names := slices.Sorted(maps.Keys(i.Labels))
	for _, name := range names[:min(d.most, len(names))] {
		b := block(bold(plain(name)+": "), run(plain(i.Labels[name])))
		b["spacing"] = "None"
		out = append(out, b)
	}
	return out
}

// actions are buttons. A workflow takes no answers: there, they open pages.
func (d draft) actions() []object {
	it := d.Items[0]
	p := d.post(it)
	var out []object
	if d.bot {
		out = buttons(it)
	}
	if p.Link != "" {
		label := "Open"
		if it.Status == "open" && !d.bot {
			label = "Acknowledge"
		}
		out = append(out, object{"type": "Action.OpenUrl", "title": label, "url": p.Link})
	}
	if p.Runbook != "" && len(p.Runbook) <= maxURL {
		out = append(out, object{"type": "Action.OpenUrl", "title": "Runbook", "url": p.Runbook})
	}
	return out
}

// buttons are at most three: with Open and Runbook they fit into the six that Teams shows.
func buttons(it notification.Item) []object {
	n := int64(it.Incident)
	resolve := button("Resolve", notification.DeedResolve, object{"incident": n})
	more := []object{
		button("Snooze for 1 hour", notification.DeedSnooze, object{"incident": n, "minutes": 60}),
		button("Snooze for 8 hours", notification.DeedSnooze, object{"incident": n, "minutes": 480}),
		button("Escalate now", notification.DeedEscalate, object{"incident": n}),
	}
	switch it.Status {
	case "open":
		return []object{
			positive(button("Acknowledge", notification.DeedAcknowledge, object{"incident": n})),
			button("Pass on", notification.DeedPassOn, object{"incident": n}), menu(n, append([]object{resolve}, more...)),
		}
	case "acknowledged":
		return []object{positive(resolve), menu(n, more)}
	}
	return nil
}

// button is one that Teams sends us with a call, and shows the answer to whoever pressed it.
// https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model
func button(label string, deed notification.Deed, data object) object {
	return object{"type": "Action.Execute", "title": label, "verb": string(deed), "data": data, "associatedInputs": "none"}
}

func positive(b object) object {
	b["style"] = "positive"
	return b
}

// menu opens what is done less often, and where a note is written.
func menu(n int64, list []object) object {
	note := button("Add note", notification.DeedNote, object{"incident": n})
	note["associatedInputs"] = "auto"
	input := object{"type": "Input.Text", "id": "note", "isMultiline": true, "maxLength": maxNote, "placeholder": "A note for the timeline"}
	return object{"type": "Action.ShowCard", "title": "More", "card": object{"type": "AdaptiveCard", "version": cardVersion, "body": []object{input}, "actions": append(list, note)}}
}

func block(runs ...object) object { return object{"type": "RichTextBlock", "inlines": runs} }

func run(s string) object { return object{"type": "TextRun", "text": s} }

func bold(s string) object {
	return object{"type": "TextRun", "text": s, "weight": "Bolder"}
}
