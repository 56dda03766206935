// Package opsgenie forwards incidents to Opsgenie's Alert API.
//
// https://docs.opsgenie.com/docs/alert-api
package opsgenie

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Sender sends requests. Any number of goroutines may use it.
type Sender struct {
	client *http.Client
	now    func() time.Time
}

var _ ports.Notifier = (*Sender)(nil)

// New gives a sender.
func New(now func() time.Time) *Sender {
	return &Sender{client: channel.NewClient(&net.Dialer{}, http.ProxyFromEnvironment), now: now}
}

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return channel.Vendor{
		Kind: "opsgenie", Label: "Opsgenie", API: "Alert API", Addresses: []string{"https://api.opsgenie.com", "https://api.eu.opsgenie.com"},
		Path: "/v2/alerts", Key: "API key of an API integration", Preview: func(m ports.Outgoing) (string, error) {
			i := text.Webhook(text.Input(m)).Incidents[0]
			return channel.JSON(create(m, i, "rouse-"+i.ID), nil)
		},
	}.Descriptor()
}

// What the API takes at most, in characters.
const (
	maxMessage     = 130
	maxDescription = 15_000
	maxDetails     = 8_000 // all names and values
	maxTag         = 50
	maxNote        = 25_000
	source         = "Rouse"
)

// alertBody opens an alert. What has the alias of an open one opens none.
type alertBody struct {
	Message     string            `json:"message"`
	Alias       string            `json:"alias"`
	Description string            `json:"description,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Details     map[string]string `json:"details,omitempty"`
	Entity      string            `json:"entity,omitempty"`
	Source      string            `json:"source"`
	Priority    string            `json:"priority"`
	Note        string            `json:"note,omitempty"`
}

// actionBody does something with one.
type actionBody struct {
	Source string `json:"source"`
	Note   string `json:"note,omitempty"`
}

// call is one request: path is behind /v2/alerts.
type call struct {
	name, path string
	body       any
}

// Send says where the incident stands. Its id is the alias: what is sent again opens and changes nothing more there.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	to, err := Descriptor().Check(m.To)
	switch {
	case err != nil:
		return ports.Receipt{}, err
	case m.Chosen.Key == "":
		return ports.Receipt{}, errors.New("the channel has no API key")
	}
	alias, calls, err := callsOf(m)
	if err != nil {
		return ports.Receipt{}, err
	}
	r := ports.Receipt{ProviderID: alias}
	for _, c := range calls {
		if r.Detail, err = s.call(ctx, to, m.Chosen.Key, c); err != nil {
			return ports.Receipt{}, err
		}
	}
	return r, nil
}

func (s *Sender) call(ctx context.Context, to, key string, c call) (detail string, err error) {
	a, err := channel.PostJSON(ctx, s.client, to+"/v2/alerts"+c.path, "GenieKey "+key, c.body)
	if err != nil {
		return "", err
	}
	var said struct {
		Message   string
		Errors    map[string]string
		RequestID string `json:"requestId"`
	}
	_ = json.Unmarshal(a.Body, &said) // without words the status says it
	if a.OK() {
		return fmt.Sprintf("Opsgenie took the request (%s %s)", c.name, said.RequestID), nil
	}
	words := said.Message
	for _, field := range slices.Sorted(maps.Keys(said.Errors)) {
		words += " " + field + ": " + said.Errors[field]
	}
	return "", channel.RefusedSaying("Opsgenie", a, words, key, s.now())
}

// callsOf: a test closes what never was, which Opsgenie takes and drops.
func callsOf(m ports.Outgoing) (alias string, calls []call, err error) {
	act := func(name, note string) call {
		return call{name, "/" + url.PathEscape(alias) + "/" + name + "?identifierType=alias", actionBody{source, cut(note, maxNote)}}
	}
	if m.Purpose == notification.PurposeTest {
		alias = "rouse-test-" + string(m.ID)
		return alias, []call{act("close", "")}, nil
	}
	doc := text.Webhook(text.Input(m))
	if len(doc.Incidents) != 1 {
		return "", nil, errors.New("a message to Opsgenie is of one incident")
	}
	i := doc.Incidents[0]
	alias = "rouse-" + i.ID
	there := m.Items[0].Post != "" && !reopened(i) // what is not open there is opened before it is acknowledged
	create := call{"create", "", create(m, i, alias)}
	switch {
	case i.Status == "resolved":
		calls = []call{act("close", happened(i))}
	case there && onlyNotes(i):
		calls = []call{act("notes", happened(i))}
	case i.Status == "acknowledged" && there:
		calls = []call{act("acknowledge", happened(i))}
	case i.Status == "acknowledged":
		calls = []call{create, act("acknowledge", happened(i))}
	default:
		calls = []call{create}
	}
	return alias, calls, nil
}

func create(m ports.Outgoing, i text.Incident, alias string) alertBody {
	b := alertBody{
		Message: cut(fmt.Sprintf("#%d %s", i.Number, i.Title), maxMessage), Alias: alias, Entity: i.Service, Source: source, Priority: priority(i.Severity),
		Description: cut(strings.TrimSpace(strings.Join([]string{i.URL, i.RunbookURL, i.Why}, "\n")), maxDescription), Note: cut(happened(i), maxNote),
	}
	for _, tag := range []string{i.Service, i.Environment} {
		if tag = cut(tag, maxTag); tag != "" {
			b.Tags = append(b.Tags, tag)
		}
	}
	b.Details = details(m, i)
	return b
}

// details are the labels, as many as there is room for after what says where it is from.
func details(m ports.Outgoing, i text.Incident) map[string]string {
	out := map[string]string{"service": i.Service, "environment": i.Environment, "severity": i.Severity}
	if m.Installation != "" {
		out[alert.Origin] = m.Installation
	}
	room := maxDetails / 2
	for _, name := range slices.Sorted(maps.Keys(i.Labels)) {
		if room -= len(name) + len(i.Labels[name]); room < 0 {
			break
		}
		if _, ours := out[name]; !ours || name == alert.Origin {
			out[name] = i.Labels[name]
		}
	}
	return out
}

func onlyNotes(i text.Incident) bool {
	return len(i.Events) > 0 && !slices.ContainsFunc(i.Events, func(e text.Event) bool { return e.Event != string(notification.EventNote) })
}

// reopened says whether it was closed there before what the message tells of.
func reopened(i text.Incident) bool {
	return slices.ContainsFunc(i.Events, func(e text.Event) bool { return e.Event == string(notification.EventReopened) })
}

// happened is all that the message tells of, a line each.
func happened(i text.Incident) string {
	lines := make([]string, len(i.Events))
	for n, e := range i.Events {
		lines[n] = e.Text
	}
	return strings.Join(lines, "\n")
}

// priority: P1 is the highest of five, as critical is of ours.
func priority(severity string) string {
	switch severity {
	case "critical":
		return "P1"
	case "error":
		return "P2"
	case "warning":
		return "P3"
	case "info":
		return "P4"
	}
	return "P5"
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
