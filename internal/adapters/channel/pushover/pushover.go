// Package pushover sends messages by Pushover's API.
//
// https://pushover.net/api
package pushover

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Config is an application to send as.
type Config struct {
	BaseURL string           // "https://api.pushover.net"; without a trailing slash
	Token   string           // of the application; secret
	Now     func() time.Time // nil: time.Now
}

// Parse reads "https://TOKEN@api.pushover.net". Its errors do not repeat the secret.
func Parse(raw string) (Config, error) {
	const form = "use https://TOKEN@api.pushover.net with an application's token"
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return Config{}, errors.New("this is no Pushover address: " + form)
	}
	if !keyForm.MatchString(u.User.Username()) {
		return Config{}, errors.New("the Pushover address has no token of 30 letters and digits: " + form)
	}
	if u.Scheme == "http" && !channel.Near(u.Hostname()) {
		return Config{}, errors.New("the Pushover address would send the token in clear text: use https")
	}
	if _, err := channel.Parameters(u); err != nil {
		return Config{}, err
	}
	return Config{BaseURL: u.Scheme + "://" + u.Host, Token: u.User.Username()}, nil
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
	return &Sender{cfg: cfg, client: channel.NewClient(&net.Dialer{}, http.ProxyFromEnvironment)}
}

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: "pushover", Label: "Pushover", Personal: true, Shared: true, Expiry: 10 * time.Minute, Check: check, Preview: channel.ShowsPerson(shown),
		Address: json.RawMessage(`{"type":"string","title":"User or group key","description":"30 letters and digits, as Pushover's dashboard shows them","pattern":"^[A-Za-z0-9]{30}$"}`),
	}
}

var keyForm = regexp.MustCompile(`^[A-Za-z0-9]{30}$`)

func check(to string) (string, error) {
	to = strings.TrimSpace(to)
	if !keyForm.MatchString(to) {
		return "", errors.New("this is not a user or group key: it has 30 letters and digits, and Pushover's dashboard shows it")
	}
	return to, nil
}

// form is what Pushover takes.
func (s *Sender) form(m ports.Outgoing) url.Values {
	n := text.Push(text.Input(m))
	out := url.Values{
		"token": {s.cfg.Token}, "user": {m.To}, "title": {n.Title}, "message": {n.Body},
		"priority": {strconv.Itoa(priority(n))}, "timestamp": {strconv.FormatInt(m.CreatedAt.Unix(), 10)},
	}
	switch {
	case n.Answer != "":
		out.Set("url", n.Answer)
		out.Set("url_title", "Acknowledge")
	case n.Link != "":
		out.Set("url", n.Link)
		out.Set("url_title", "Open")
	}
	if rings(m, n) {
		ring(out)
	}
	return out
}

func shown(m ports.Outgoing) string {
	f := (&Sender{}).form(m)
	return f.Get("title") + "\n" + f.Get("message") + "\n" + f.Get("url_title")
}

// priority: high goes through people's quiet hours there.
func priority(n text.Notice) int {
	switch {
	case n.Silent:
		return -1
	case n.Page && n.Severity.Urgency().IsHigh():
		return 1
	}
	return 0
}

// Send sends the message.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	if _, err := check(m.To); err != nil {
		return ports.Receipt{}, err
	}
	answer, err := s.post(ctx, "/1/messages.json", s.form(m))
	if err != nil {
		return ports.Receipt{}, err
	}
	var said struct {
		Status  int      `json:"status"`
		Request string   `json:"request"`
		Receipt string   `json:"receipt"` // of what rings
		Errors  []string `json:"errors"`
	}
	_ = json.Unmarshal(answer.Body, &said) // what cannot be read was taken all the same
	if answer.OK() {
		return ports.Receipt{ProviderID: cmp.Or(said.Receipt, said.Request), Detail: "taken by Pushover"}, nil
	}
	return ports.Receipt{}, s.refusal(answer, said.Errors)
}

// refusal says what an answer without success means. Pushover asks for at least 5 s between attempts.
func (s *Sender) refusal(a channel.Answer, words []string) error {
	who := "Pushover"
	if len(words) > 0 {
		who += " says: " + strings.ReplaceAll(strings.Join(words, "; "), s.cfg.Token, "***") + ". It"
	}
	if a.Status == http.StatusTooManyRequests && a.Header.Get("X-Limit-App-Remaining") == "0" {
		reset, _ := strconv.ParseInt(a.Header.Get("X-Limit-App-Reset"), 10, 64)
		return fmt.Errorf("%s answered %d: %w", who, a.Status, usedUp(reset))
	}
	err := channel.Refused(who, a, s.cfg.Now())
	if after, again := ports.RetryAfter(err); again && !ports.IsAmbiguous(err) {
		return ports.Retryable(err, max(after, 5*time.Second))
	}
	return err
}

// ErrUsedUp says that the application may send no more this month.
var ErrUsedUp = errors.New("this month's messages of the application are used up")

// usedUp says until when; reset is in seconds since 1970, 0 where it is not said.
func usedUp(reset int64) error {
	if reset <= 0 {
		return ErrUsedUp
	}
	return fmt.Errorf("%w until %s", ErrUsedUp, time.Unix(reset, 0).UTC().Format("2006-01-02 15:04 UTC"))
}

// Check asks whether Pushover takes the token and messages are left, without sending anything.
// https://pushover.net/api#limits
func (s *Sender) Check(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.cfg.BaseURL+"/1/apps/limits.json?token="+url.QueryEscape(s.cfg.Token), http.NoBody)
	if err != nil {
		return errors.New("the Pushover address is wrong")
	}
	answer, err := channel.Do(s.client, req)
	if err != nil {
		return err
	}
	if !answer.OK() {
		return s.refusal(answer, nil)
	}
	var left struct {
		Limit     int   `json:"limit"`
		Remaining int   `json:"remaining"`
		Reset     int64 `json:"reset"`
	}
	if json.Unmarshal(answer.Body, &left) == nil && left.Limit > 0 && left.Remaining <= 0 {
		return usedUp(left.Reset)
	}
	return nil
}

func (s *Sender) post(ctx context.Context, path string, form url.Values) (channel.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.BaseURL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return channel.Answer{}, errors.New("the Pushover address is wrong")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return channel.Do(s.client, req)
}
