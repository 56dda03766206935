package slack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
)

// Slack's limits, of a message and of its parts, in characters.
// https://docs.slack.dev/reference/block-kit/blocks
const (
	maxBlocks  = 50
	maxSection = 3000
	maxURL     = 3000
	maxShown   = 15 // incidents of one message: each has two blocks
)

// Actions are what buttons are called; a value says of which incidents.
const (
	actAcknowledge = "acknowledge"
	actPassOn      = "pass_on"
	actResolve     = "resolve"
	actMore        = "more"
	actLink        = "link" // opens a page; Slack tells us all the same
	whole          = "code "
)

// escape makes text that mentions nobody and links nothing.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// clock is a moment in the time zone of whoever reads it.
func clock(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{time}|%s>", t.Unix(), t.UTC().Format("15:04 UTC"))
}

func style() text.Style { return text.Style{Clock: clock, Plain: escape} }

// blocks are the message as it looks; none for a test.
func blocks(in text.Input) []slack.Block {
	if in.Purpose == notification.PurposeTest || len(in.Items) == 0 {
		return nil
	}
	if len(in.Items) == 1 {
		return one(in)
	}
	list := []slack.Block{section(escape(text.Line(in)))}
	for i, it := range in.Items {
		if i == maxShown {
			list = append(list, note(fmt.Sprintf("and %d more", len(in.Items)-i)))
			break
		}
		list = append(list, said(in, it)...)
	}
	if in.Answers.Whole != "" {
		value := whole + in.Answers.Whole
		list = append(list, slack.NewActionBlock("answer",
			button(actAcknowledge, fmt.Sprintf("Acknowledge all %d", len(in.Items)), value, slack.StylePrimary), button(actPassOn, "Pass on", value, slack.StyleDefault)))
	}
	return list
}

// one is the message about one incident, with what can be done about it.
func one(in text.Input) []slack.Block {
	it := in.Items[0]
	list := said(in, it)
	number := strconv.FormatInt(int64(it.Incident), 10)
	var elements []slack.BlockElement
	switch it.Status {
	case "open":
		elements = append(elements, button(actAcknowledge, "Acknowledge", number, slack.StylePrimary), button(actPassOn, "Pass on", number, slack.StyleDefault), more(number, true))
	case "acknowledged":
		elements = append(elements, button(actResolve, "Resolve", number, slack.StylePrimary), more(number, false))
	}
	if r := text.Post(in, it, style()).Runbook; r != "" && len(r) <= maxURL {
		b := button(actLink, "Runbook", number, slack.StyleDefault)
		b.URL = r
		elements = append(elements, b)
	}
	if len(elements) > 0 {
		list = append(list, slack.NewActionBlock("answer", elements...))
	}
	return list
}

// said is what is true of an incident, in two blocks.
func said(in text.Input, it notification.Item) []slack.Block {
	p := text.Post(in, it, style())
	head := fmt.Sprintf("%s *%s* %s", sign(it), p.Severity, p.Head)
	if p.Link != "" {
		p.Facts[len(p.Facts)-1] = "<" + escape(p.Link) + "|" + it.Incident.String() + ">"
	}
	if in.MayRepeat {
		head = "(may repeat) " + head
	}
	return []slack.Block{section(head), note(strings.Join(p.Facts, " · "))}
}

func sign(it notification.Item) string {
	switch it.Status {
	case "resolved":
		return ":white_check_mark:"
	case "acknowledged":
		return ":white_circle:"
	}
	return map[string]string{"critical": ":red_circle:", "error": ":red_circle:", "warning": ":large_yellow_circle:"}[it.Severity.String()]
}

func section(words string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, words, false, true), nil, nil)
}

func note(words string) slack.Block {
	return slack.NewContextBlock("", slack.NewTextBlockObject(slack.MarkdownType, words, false, true))
}

func button(action, label, value string, look slack.Style) *slack.ButtonBlockElement {
	b := slack.NewButtonBlockElement(action, value, slack.NewTextBlockObject(slack.PlainTextType, label, false, false))
	b.Style = look
	return b
}

// more is the menu of what is done less often; it holds at most five.
func more(number string, open bool) slack.BlockElement {
	entries := [][2]string{{"Snooze for 1 hour", "snooze 60"}, {"Snooze for 8 hours", "snooze 480"}, {"Escalate now", "escalate"}, {"Add a note…", "note"}}
	if open {
		entries = append([][2]string{{"Resolve", actResolve}}, entries...)
	}
	var options []*slack.OptionBlockObject
	for _, e := range entries {
		options = append(options, slack.NewOptionBlockObject(e[1]+" "+number, slack.NewTextBlockObject(slack.PlainTextType, e[0], false, false), nil))
	}
	return slack.NewOverflowBlockElement(actMore, options...)
}

// happened is what the thread says, a line for each thing, oldest first.
func happened(in text.Input) string {
	var lines []string
	for _, e := range text.Webhook(in).Incidents[0].Events {
		lines = append(lines, clock(e.At)+" "+escape(e.Text))
	}
	if it := in.Items[0]; len(lines) == 0 {
		lines = append(lines, "Please answer: "+escape(text.Webhook(in).Incidents[0].Why)+" · "+it.Incident.String())
	}
	return shortest(lines)
}

// shortest leaves out the oldest of what is too long for one message.
func shortest(lines []string) string {
	n := 0
	for i, l := range slices.Backward(lines) {
		if n += len(l) + 1; n > maxSection && i < len(lines)-1 {
			return fmt.Sprintf("… %d before\n", i+1) + strings.Join(lines[i+1:], "\n")
		}
	}
	return strings.Join(lines, "\n")
}

// noteView asks for a note on incidents.
func noteView(n id.Incident, channel string) slack.ModalViewRequest {
	plain := func(s string) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
	}
	input := slack.NewPlainTextInputBlockElement(nil, "note")
	input.Multiline, input.MaxLength = true, maxSection
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: "note", Title: plain("Note on " + n.String()), Submit: plain("Add"), Close: plain("Cancel"),
		PrivateMetadata: fmt.Sprintf("%d %s", n, channel),
		Blocks:          slack.Blocks{BlockSet: []slack.Block{slack.NewInputBlock("note", plain("It is written on the timeline"), nil, input)}},
	}
}
