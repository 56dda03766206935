// Package opsgenie reads what is sent to Opsgenie's Alert API.
package opsgenie

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// Limits are far above the API's own.
func Limits() ingest.Limits { return ingest.Limits{Body: 512 << 10, Alerts: 10_000, Depth: 32} }

const (
	maxAlias        = 512
	defaultPriority = "P3"
)

type wireCreate struct {
	Message     json.RawMessage `json:"message"`
	Alias       json.RawMessage `json:"alias"`
	Description json.RawMessage `json:"description"`
	Tags        json.RawMessage `json:"tags"`
	Details     json.RawMessage `json:"details"`
	Entity      json.RawMessage `json:"entity"`
	Source      json.RawMessage `json:"source"`
	Priority    json.RawMessage `json:"priority"`
	User        json.RawMessage `json:"user"`
	Note        json.RawMessage `json:"note"`
}

// Action is the body of what is done with an alert.
type Action struct {
	User, Source, Note   string
	Message, Description string // of what changes them
}

// Refusal says what is wrong, by field, in the words of the API's "errors"; nil: nothing.
type Refusal map[string]string

// Create reads a new alert: it fires, and is known by its alias, which is made where there is none.
func Create(body []byte) (s alert.Signal, note string, wrong Refusal) {
	var w wireCreate
	if wrong := object(body, &w); wrong != nil {
		return s, "", wrong
	}
	alias, message, priority := strings.TrimSpace(ingest.Text(w.Alias)), ingest.Text(w.Message), strings.ToUpper(ingest.Text(w.Priority))
	wrong = Refusal{}
	if strings.TrimSpace(message) == "" {
		wrong["message"] = "Message can not be empty."
	}
	if len(alias) > maxAlias {
		wrong["alias"] = "Alias can not be longer than 512 characters."
	}
	if priority != "" && !slices.Contains([]string{"P1", "P2", "P3", "P4", "P5"}, priority) {
		wrong["priority"] = "Priority should be one of [ P1, P2, P3, P4, P5 ]."
	}
	if len(wrong) > 0 {
		return s, "", wrong
	}
	if alias == "" {
		alias = strings.ToLower(rand.Text())
	}
	s = alert.Signal{Fingerprint: alias, Firing: true, Labels: map[string]string{}, Annotations: map[string]string{"summary": message}}
	ingest.Details(&s, w.Details)
	set := func(to map[string]string, name string, raw json.RawMessage) {
		if v := ingest.Text(raw); v != "" {
			to[name] = v
		}
	}
	set(s.Labels, "entity", w.Entity)
	set(s.Labels, "source", w.Source)
	set(s.Annotations, "description", w.Description)
	set(s.Annotations, "user", w.User)
	if tags := list(w.Tags); len(tags) > 0 {
		s.Annotations["tags"] = strings.Join(tags, ", ")
	}
	s.Annotations["summary"] = message // whatever the details say
	if priority != "" || s.Labels["severity"] == "" {
		s.Labels["severity"] = cmp.Or(priority, defaultPriority)
	}
	ingest.Default(s.Labels, "alertname", message)
	return s, ingest.Text(w.Note), nil
}

// ReadAction reads the body of an action, which may be missing.
func ReadAction(body []byte) (a Action, wrong Refusal) {
	if len(body) == 0 {
		return a, nil
	}
	var w struct {
		User        json.RawMessage `json:"user"`
		Source      json.RawMessage `json:"source"`
		Note        json.RawMessage `json:"note"`
		Message     json.RawMessage `json:"message"`
		Description json.RawMessage `json:"description"`
	}
	wrong = object(body, &w)
	return Action{ingest.Text(w.User), ingest.Text(w.Source), ingest.Text(w.Note), ingest.Text(w.Message), ingest.Text(w.Description)}, wrong
}

func object(body []byte, into any) Refusal {
	if err := ingest.CheckShape(body, 2, Limits()); err != nil {
		return Refusal{"body": err.Error()}
	}
	if json.Unmarshal(body, into) != nil {
		return Refusal{"body": "It is not a JSON object."}
	}
	return nil
}

// list gives the texts of a list; what is none in it is left out.
func list(raw json.RawMessage) (out []string) {
	var items []json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &items) != nil {
		return nil
	}
	for _, item := range items {
		if v := ingest.Text(item); v != "" {
			out = append(out, v)
		}
	}
	return out
}
