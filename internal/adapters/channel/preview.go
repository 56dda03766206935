package channel

import (
	"encoding/json"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Shows is the preview of a kind whose channels choose nothing of how a message looks: what compose makes of a made-up
// incident.
func Shows(compose func(m ports.Outgoing) (string, error)) func(map[string]string) (string, error) {
	return func(map[string]string) (string, error) { return compose(ports.Outgoing(text.Sample())) }
}

// Paged is a message as a page to somebody, for previews of what only pages look like.
func Paged(m ports.Outgoing) text.Input {
	m.Purpose = notification.PurposePage
	return text.Input(m)
}

// Notice is what a notification shows.
func Notice(m ports.Outgoing) (string, error) {
	n := text.Push(Paged(m))
	return n.Title + "\n" + n.Body, nil
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
