// Package gotify sends messages to an application of a Gotify server.
//
// https://gotify.net/docs/pushmsg
package gotify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Config says where servers may be.
type Config struct {
	Reach channel.Reach
	Now   func() time.Time // nil: time.Now
}

// Sender sends. Any number of goroutines may use it.
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
		Kind: "gotify", Label: "Gotify", Personal: true, Shared: true, Expiry: 10 * time.Minute, Check: check, Show: show, Preview: channel.ShowsPerson(shown),
		Address: json.RawMessage(`{"type":"string","title":"Application's address","description":"https://gotify.example.org/message?token=… with the token of an application","format":"uri","pattern":"^https?://"}`),
	}
}

var tokenForm = regexp.MustCompile(`^[-_.A-Za-z0-9]{5,100}$`)

// parse reads "https://host[/path]/message?token=…": where to post, and the application's token.
func parse(to string) (target *url.URL, token string, err error) {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return nil, "", errors.New("this is not a Gotify address: it looks like https://gotify.example.org/message?token=…")
	}
	q, err := channel.Parameters(u, "token")
	if err != nil {
		return nil, "", err
	}
	if token = q.Get("token"); !tokenForm.MatchString(token) {
		return nil, "", errors.New("the address has no application's token: it ends with /message?token=…")
	}
	path := strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/message")
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: path + "/message"}, token, nil
}

func check(to string) (string, error) {
	u, token, err := parse(to)
	if err != nil {
		return "", err
	}
	return u.String() + "?token=" + token, nil
}

// show leaves the token out.
func show(to string) string {
	head, _, _ := strings.Cut(to, "?")
	return head + "?token=***"
}

// document is what Gotify takes.
type document struct {
	Title    string         `json:"title"`
	Message  string         `json:"message"`
	Priority int            `json:"priority"` // 0 to 10
	Extras   map[string]any `json:"extras,omitempty"`
}

// compose puts the link for answering into the text: Gotify has no buttons.
func compose(m ports.Outgoing) document {
	n := text.Push(text.Input(m))
	d := document{Title: n.Title, Message: n.Body, Priority: priority(n)}
	if n.Answer != "" {
		d.Message += "\nAcknowledge: " + n.Answer
	}
	if n.Link != "" {
		d.Message += "\nOpen: " + n.Link
		d.Extras = map[string]any{"client::notification": map[string]any{"click": map[string]string{"url": n.Link}}}
	}
	return d
}

func shown(m ports.Outgoing) string {
	d := compose(m)
	return d.Title + "\n" + d.Message
}

// priority: Gotify's app rings from 4 on, and loudly from 8 on.
func priority(n text.Notice) int {
	switch {
	case n.Silent:
		return 0
	case !n.Page:
		return 4
	case n.Severity == alert.Critical():
		return 10
	case n.Severity == alert.Error():
		return 8
	}
	return 5
}

// Send posts the message.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	u, token, err := parse(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	body, err := json.Marshal(compose(m))
	if err != nil {
		return ports.Receipt{}, fmt.Errorf("write the document: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return ports.Receipt{}, errors.New("this is not a Gotify address")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Gotify-Key", token)
	answer, err := channel.Do(s.client, req)
	if err != nil {
		return ports.Receipt{}, err
	}
	if !answer.OK() {
		who := "Gotify"
		if answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden {
			who = "Gotify does not know the token: see that it is an application's. It"
		}
		return ports.Receipt{}, channel.Refused(who, answer, s.cfg.Now())
	}
	var taken struct {
		ID int64 `json:"id"`
	}
	_ = json.Unmarshal(answer.Body, &taken) // what cannot be read was taken all the same
	return ports.Receipt{ProviderID: strconv.FormatInt(taken.ID, 10), Detail: u.Hostname() + " took it"}, nil
}
