package channel

import (
	"encoding/json"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Shows is the preview of a kind whose channels choose nothing of how a message looks: what compose makes of a made-up
// incident.
func Shows(compose func(m ports.Outgoing) (string, error)) func(map[string]string) (string, error) {
	return func(map[string]string) (string, error) { return compose(ports.Outgoing(text.Sample())) }
}

// ShowsPage is Shows of a page to a person, who answers by its codes.
func ShowsPage(compose func(m ports.Outgoing) string) func(map[string]string) (string, error) {
	return Shows(func(m ports.Outgoing) (string, error) {
		codes := notification.NewCodes("preview")
		m.Purpose, m.Answers = notification.PurposePage, notification.Answers{Whole: codes.Sign(notification.Code{Delivery: 1, Whole: true}), Of: map[id.Incident]string{}}
		for _, it := range m.Items {
			m.Answers.Of[it.Incident] = codes.Sign(notification.Code{Delivery: 1})
		}
		return compose(m), nil
	})
}

// ShowsPerson is ShowsPage of a kind that channels have, too: nobody answers by what goes there.
func ShowsPerson(compose func(m ports.Outgoing) string) func(map[string]string) (string, error) {
	return ShowsPage(func(m ports.Outgoing) string {
		return compose(m) + "\n\n(This is a page to a person. What goes to a channel has nothing to answer by.)"
	})
}

// Notice is what a notification shows, with its buttons.
func Notice(m ports.Outgoing) string {
	n := text.Push(text.Input(m))
	said := n.Title + "\n" + n.Body
	if n.Answer != "" {
		said += "\nAcknowledge"
	}
	if n.Link != "" {
		said += "\nOpen"
	}
	return said
}

// JSON is what a program is sent, for people to read.
func JSON(v any, err error) (string, error) {
	if err != nil {
		return "", err
	}
	raw, err := json.MarshalIndent(v, "", "  ")
	return string(raw), err
}

// Read is what people read of a card or of blocks, in its order: a line for each text and button.
func Read(card any) (string, error) {
	raw, err := json.Marshal(card)
	if err != nil {
		return "", err
	}
	var lines []string
	d := json.NewDecoder(strings.NewReader(string(raw)))
	name := ""
	for token, err := d.Token(); err == nil; token, err = d.Token() { // until its end: we wrote it
		word, isText := token.(string)
		if isText && (name == "text" || name == "title") && word != "text" {
			lines, name = append(lines, word), ""
			continue
		}
		name = word
	}
	return strings.Join(lines, "\n"), nil
}
