package channeltest

import (
	"fmt"
	"unicode/utf8"
)

// SlackBlock is a block of a message, as far as the fake looks at it.
type SlackBlock struct {
	Type     string         `json:"type"`
	Text     *SlackText     `json:"text"`
	Elements []SlackElement `json:"elements"`
}

// SlackText is a text object.
type SlackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// SlackElement is an element of a block: a button, a menu, or a text of a context. Those have their words as a string.
type SlackElement struct {
	Type     string        `json:"type"`
	ActionID string        `json:"action_id"`
	Value    string        `json:"value"`
	URL      string        `json:"url"`
	Text     any           `json:"text"`
	Options  []SlackOption `json:"options"`
}

// SlackOption is an entry of a menu.
type SlackOption struct {
	Text  SlackText `json:"text"`
	Value string    `json:"value"`
}

// Words are what an element shows.
func (e SlackElement) Words() string {
	switch t := e.Text.(type) {
	case string:
		return t
	case map[string]any:
		s, _ := t["text"].(string)
		return s
	}
	return ""
}

// slackWords are all texts of blocks.
func slackWords(blocks []SlackBlock) (out []string) {
	for _, b := range blocks {
		if b.Text != nil {
			out = append(out, b.Text.Text)
		}
		for _, e := range b.Elements {
			out = append(out, e.Words())
		}
	}
	return out
}

// SlackLimits says which of Block Kit's limits blocks are beyond; "" for none.
// https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/block-kit/block-elements
func SlackLimits(blocks []SlackBlock) string {
	if len(blocks) > 50 {
		return fmt.Sprintf("%d blocks", len(blocks))
	}
	for _, b := range blocks {
		most := map[string]int{"header": 150, "section": 3000}[b.Type]
		if b.Text != nil && !within1(b.Text.Text, most) {
			return fmt.Sprintf("a %s of %d characters", b.Type, utf8.RuneCountInString(b.Text.Text))
		}
		if most := map[string]int{"actions": 25, "context": 10}[b.Type]; len(b.Elements) > most {
			return fmt.Sprintf("%d elements of %s", len(b.Elements), b.Type)
		}
		if wrong := slackElements(b.Elements); wrong != "" {
			return wrong
		}
	}
	return ""
}

// within1 holds for 1 to most characters.
func within1(s string, most int) bool {
	n := utf8.RuneCountInString(s)
	return n >= 1 && n <= most
}

func slackElements(elements []SlackElement) string {
	seen := map[string]bool{}
	for _, e := range elements {
		interactive := e.Type == "button" || e.Type == "overflow"
		switch {
		case interactive && (!within1(e.ActionID, 255) || seen[e.ActionID]):
			return fmt.Sprintf("the action_id %.40q", e.ActionID)
		case e.Type == "button" && (!within1(e.Words(), 75) || len(e.Value) > 2000 || len(e.URL) > 3000):
			return fmt.Sprintf("the button %.40q", e.Words())
		case e.Type == "mrkdwn" && !within1(e.Words(), 3000):
			return fmt.Sprintf("a text of %d characters", utf8.RuneCountInString(e.Words()))
		case e.Type == "overflow" && (len(e.Options) < 1 || len(e.Options) > 5):
			return fmt.Sprintf("a menu of %d", len(e.Options))
		}
		seen[e.ActionID] = interactive
		for _, o := range e.Options {
			if !within1(o.Text.Text, 75) || !within1(o.Value, 150) {
				return fmt.Sprintf("the entry %.40q", o.Text.Text)
			}
		}
	}
	return ""
}
