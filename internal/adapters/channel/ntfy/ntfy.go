// Package ntfy publishes to topics of ntfy, of ntfy.sh or of a server of one's own.
//
// https://docs.ntfy.sh/publish/
package ntfy

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Config says where topics may be.
type Config struct {
	Reach channel.Reach
	Now   func() time.Time // nil: time.Now
}

// Sender publishes. Any number of goroutines may use it.
type Sender struct {
	cfg    Config
	client *http.Client
}

var _ ports.Notifier = (*Sender)(nil)

// New gives a sender.
func New(cfg Config) *Sender {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Sender{cfg: cfg, client: cfg.Reach.Client()}
}

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: "ntfy", Label: "ntfy", Personal: true, Shared: true, Expiry: 10 * time.Minute, Check: check, Show: show, Preview: channel.ShowsPerson(channel.Notice),
		Address: json.RawMessage(`{"type":"string","title":"Topic's address","description":"https://ntfy.sh/topic, or with https://:token@ or https://user:password@ before the host","format":"uri","pattern":"^https?://"}`),
	}
}

var topicForm = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

// parse reads "https://[user:password@|:token@]host/topic".
func parse(to string) (u *url.URL, topic string, err error) {
	u, err = url.Parse(to)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return nil, "", errors.New("this is not the address of a topic: it looks like https://ntfy.sh/topic")
	}
	topic = strings.Trim(u.Path, "/")
	if !topicForm.MatchString(topic) {
		return nil, "", errors.New("a topic has 1 to 64 letters, digits, - and _, and stands after the host: https://ntfy.sh/topic")
	}
	if secret, _ := u.User.Password(); u.User != nil && secret == "" {
		return nil, "", errors.New("before the host stands user:password@, or :token@ with an access token")
	}
	_, err = channel.Parameters(u)
	return u, topic, err
}

func check(to string) (string, error) {
	u, topic, err := parse(to)
	if err != nil {
		return "", err
	}
	return (&url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host, Path: "/" + topic}).String(), nil
}

// show leaves the password or token out.
func show(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.User == nil {
		return to
	}
	return u.Scheme + "://***@" + u.Host + u.Path
}

// document is what ntfy takes.
type document struct {
	Topic    string   `json:"topic"`
	Title    string   `json:"title"`
	Message  string   `json:"message"`
	Priority int      `json:"priority"` // 1 to 5
	Click    string   `json:"click,omitempty"`
	Actions  []action `json:"actions,omitempty"`
}

// action is a button in the notification.
type action struct {
	Action  string            `json:"action"` // http, view
	Label   string            `json:"label"`
	URL     string            `json:"url"`
	Method  string            `json:"method,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	Clear   bool              `json:"clear"` // take the notification away; for http once that went well
}

func compose(m ports.Outgoing, topic string) document {
	n := text.Push(text.Input(m))
	d := document{Topic: topic, Title: n.Title, Message: n.Body, Priority: priority(n), Click: n.Link}
	if n.Answer != "" {
		d.Actions = append(d.Actions, action{
			Action: "http", Label: "Acknowledge", URL: n.Answer, Method: http.MethodPost, Body: "do=acknowledge", Clear: true,
			Headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
		})
	}
	if n.Link != "" {
		d.Actions = append(d.Actions, action{Action: "view", Label: "Open", URL: n.Link})
	}
	return d
}

// priority: from high on it vibrates long, and the highest goes through do-not-disturb where the phone lets it.
func priority(n text.Notice) int {
	switch {
	case n.Silent:
		return 1
	case !n.Page:
		return 3
	case n.Severity == alert.Critical():
		return 5
	case n.Severity == alert.Error():
		return 4
	}
	return 3
}

// Send publishes the message.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	u, topic, err := parse(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	body, err := json.Marshal(compose(m, topic))
	if err != nil {
		return ports.Receipt{}, fmt.Errorf("write the document: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.Scheme+"://"+u.Host+"/", bytes.NewReader(body))
	if err != nil {
		return ports.Receipt{}, errors.New("this is not the address of a topic")
	}
	req.Header.Set("Content-Type", "application/json")
	if secret, _ := u.User.Password(); u.User.Username() != "" {
		req.SetBasicAuth(u.User.Username(), secret)
	} else if secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	answer, err := channel.Do(s.client, req)
	if err != nil {
		return ports.Receipt{}, err
	}
	if !answer.OK() {
		return ports.Receipt{}, channel.Refused("ntfy"+why(answer.Status), answer, s.cfg.Now())
	}
	var taken struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(answer.Body, &taken) // what cannot be read was taken all the same
	return ports.Receipt{ProviderID: taken.ID, Detail: cmp.Or(u.Hostname(), "ntfy") + " took it"}, nil
}

// why says what a status means that people can do something about.
func why(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return " does not let us publish to this topic: give its user or token. It"
	case http.StatusTooManyRequests:
		return " takes no more for now: its limit is reached. It"
	}
	return ""
}
