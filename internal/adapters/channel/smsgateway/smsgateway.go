package smsgateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// took begins the ids of a gateway's messages: they may look like another provider's.
const took = "gateway:"

const maxWords = 200 // bytes of an answer's words that are repeated

// Sender sends SMS. Any number of goroutines may use it.
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
	return &Sender{cfg: cfg, client: channel.NewClient(&net.Dialer{Timeout: channel.DialTimeout}, http.ProxyFromEnvironment)}
}

// Took says whether an id is of a gateway's message.
func Took(providerID string) bool { return strings.HasPrefix(providerID, took) }

// values are what templates write.
type values struct {
	To   string // "+34600000001"
	Text string
	ID   string // the same for every attempt of a message
}

func (c *Config) request(v values) (*http.Request, error) {
	fields := map[string]any{"to": v.To, "digits": strings.TrimPrefix(v.To, "+"), "text": v.Text, "id": v.ID, "key": c.Key}
	target, err := c.url.Render(fields)
	if err != nil {
		return nil, err
	}
	var body []byte
	if c.body != (channel.Template{}) {
		if body, err = c.body.Render(fields); err != nil {
			return nil, err
		}
		if err := channel.CheckBody(c.contentType, body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequest(c.method, string(target), bytes.NewReader(body)) //nolint:noctx // whoever sends it gives one
	if err != nil || req.URL.Scheme+"://"+req.URL.Host != c.origin || req.URL.Fragment != "" || bytes.ContainsRune(target, ' ') {
		return nil, errors.New("url: it makes no address: write texts as {{urlquery .text}}")
	}
	req.Header.Set("User-Agent", "Rouse")
	if body != nil {
		req.Header.Set("Content-Type", c.contentType)
	}
	for name, lines := range c.headers {
		for _, line := range lines {
			value, err := line.Render(fields)
			if err != nil {
				return nil, err
			}
			if !channel.HeaderValue(string(value)) {
				return nil, fmt.Errorf("headers: %s gets characters that no header may have, or too many", name)
			}
			req.Header.Add(name, string(value))
		}
	}
	return req, nil
}

// Send sends the message as one SMS. Nobody reports what becomes of it.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	req, err := s.cfg.request(values{To: m.To, Text: text.SMS(text.Input(m)), ID: string(m.ID)})
	if err != nil {
		return ports.Receipt{}, err
	}
	answer, err := channel.Do(s.client, req.WithContext(ctx))
	if err != nil {
		return ports.Receipt{}, err
	}
	return s.judge(answer)
}

// Check asks whether the gateway can be reached, without sending anything. Whether it takes the key only a message shows.
func (s *Sender) Check(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, s.cfg.origin+"/", http.NoBody)
	if err != nil {
		return err
	}
	req.Close = true // some give HEAD a body, which net/http would print as an unsolicited response
	_, err = channel.Do(s.client, req)
	return err
}

// judge says what an answer means: by the patterns first, since many gateways answer 200 whatever they think, else by its status.
func (s *Sender) judge(a channel.Answer) (ports.Receipt, error) {
	c := &s.cfg
	says := func(p *regexp.Regexp) bool { return p != nil && p.Match(a.Body) }
	err := fmt.Errorf("%s answered %d%s", c.Name, a.Status, s.words(a))
	after := channel.RetryAfter(a.Header, c.Now())
	switch {
	case a.OK() && says(c.accepted):
		return s.receipt(a), nil
	case says(c.again):
		return ports.Receipt{}, ports.Retryable(err, after)
	case says(c.elsewhere):
		return ports.Receipt{}, ports.Elsewhere(err)
	case says(c.rejected):
		return ports.Receipt{}, err
	case a.OK() && c.accepted == nil:
		return s.receipt(a), nil
	case a.OK(): // cut off, or in words that nobody foresaw
		return ports.Receipt{}, ports.Ambiguous(fmt.Errorf("%w, which no pattern knows", err))
	}
	return ports.Receipt{}, byStatus(err, a.Status, after)
}

func byStatus(err error, status int, after time.Duration) error {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden:
		return ports.Elsewhere(err) // the account's trouble, whatever is sent
	}
	return channel.ByStatus(err, status, after)
}

func (s *Sender) receipt(a channel.Answer) ports.Receipt {
	r := ports.Receipt{Detail: fmt.Sprintf("%s: answered %d", s.cfg.Name, a.Status)}
	if found := read(s.cfg.id, a); found != "" {
		r.ProviderID = took + found
	}
	return r
}

// words are the answer's own, where a pattern finds them; a key that it repeats is not.
func (s *Sender) words(a channel.Answer) string {
	found := read(s.cfg.words, a)
	if found == "" {
		return ""
	}
	if s.cfg.Key != "" {
		found = strings.ReplaceAll(found, s.cfg.Key, "***")
	}
	return ": " + found[:min(len(found), maxWords)]
}

func read(p *regexp.Regexp, a channel.Answer) string {
	if p == nil {
		return ""
	}
	if found := p.FindSubmatch(a.Body); found != nil {
		return string(found[1])
	}
	return ""
}
