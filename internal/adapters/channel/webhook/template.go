package webhook

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Options of a channel.
const (
	optBody    = "body"
	optType    = "content_type"
	optHeaders = "headers"
)

// options are what a channel of this kind lets one choose.
func options() []ports.ChannelOption {
	return []ports.ChannelOption{
		{Name: optBody, Label: "Body", Long: true, Hint: "A template over the document, such as {\"text\": {{json .text}}}. Empty: the document"},
		{Name: optType, Label: "Content type", Hint: "Empty: application/json"},
		{Name: optHeaders, Label: "Headers", Long: true, Hint: "A line each, Name: value. Everybody who may look at the channel sees them"},
	}
}

// checkOptions tries what was written on a made-up document.
func checkOptions(o map[string]string) error {
	_, err := preview(o)
	return err
}

// preview is the body that a made-up incident would have.
func preview(o map[string]string) (string, error) {
	if _, err := headers(o); err != nil {
		return "", err
	}
	b, err := render(text.Webhook(text.Sample()), o)
	return string(b), err
}

// render gives the body: the document itself, or what the channel's template makes of it.
func render(d text.Document, o map[string]string) ([]byte, error) {
	doc, err := json.Marshal(d)
	if err != nil || strings.TrimSpace(o[optBody]) == "" {
		return doc, err
	}
	t, err := channel.ParseTemplate(optBody, o[optBody])
	if err != nil {
		return nil, err
	}
	// Maps of plain values: a template reaches no method of ours.
	var data map[string]any
	if err := json.Unmarshal(doc, &data); err != nil {
		return nil, err
	}
	list, _ := data["incidents"].([]any) // ours: it is one
	for _, i := range list {
		if incident, ok := i.(map[string]any); ok {
			fill(incident, o[optBody])
		}
	}
	body, err := t.Render(data)
	if err != nil {
		return nil, err
	}
	return body, channel.CheckBody(contentType(o), body)
}

// fill puts in what the document leaves out where it is empty: only what never is there is a mistake.
// Labels are whatever a sender has: one that a template names and an incident lacks is an empty text.
func fill(incident map[string]any, template string) {
	labels, ok := incident["labels"].(map[string]any)
	if !ok {
		labels = map[string]any{}
		incident["labels"] = labels
	}
	for _, m := range namedLabel.FindAllStringSubmatch(template, -1) {
		if _, ok := labels[m[1]]; !ok {
			labels[m[1]] = ""
		}
	}
	for _, name := range []string{"url", "runbook_url", "why", "what"} {
		if incident[name] == nil {
			incident[name] = ""
		}
	}
	if incident["events"] == nil {
		incident["events"] = []any{}
	}
	if incident["next"] == nil {
		incident["next"] = map[string]any{"who": "", "at": ""}
	}
}

// namedLabel finds {{.labels.cluster}} and {{index .labels "cluster"}}.
var namedLabel = regexp.MustCompile(`\.labels(?:\.|\s+")([A-Za-z_][A-Za-z0-9_.-]*)`)

func contentType(o map[string]string) string {
	if t := strings.TrimSpace(o[optType]); t != "" {
		return t
	}
	return "application/json"
}

// headers reads the channel's own. Who sends the request is not theirs to say.
func headers(o map[string]string) (http.Header, error) {
	if !channel.HeaderValue(contentType(o)) {
		return nil, errors.New("content_type: it has characters that no header may have")
	}
	return channel.Headers(o[optHeaders], "Rouse-Signature", "Idempotency-Key")
}
