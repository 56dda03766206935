// Package telnyx sends SMS by Telnyx's REST API and reads what it calls about.
//
// https://developers.telnyx.com/api-reference/messages/send-a-message
package telnyx

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Config is an account to send from.
type Config struct {
	BaseURL string // "https://api.telnyx.com"; without a trailing slash
	Key     string // secret
	From    string // number or sender id
	Profile string // messaging profile; a sender id needs one
	Price   notification.Price
	Public  ed25519.PublicKey // what it calls about is signed by it; nil: it does not call
	Now     func() time.Time  // nil: time.Now
}

// Parse reads "https://KEY@api.telnyx.com?from=+15005550006&public_key=…&profile=…&price=0.004USD". Its errors do not repeat the secret.
func Parse(raw string) (Config, error) {
	const form = "use https://KEY@api.telnyx.com?from=+15005550006&public_key=…"
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User.Username() == "" {
		return Config{}, errors.New("this is no Telnyx address with a key: " + form)
	}
	if u.Scheme == "http" && !channel.Near(u.Hostname()) {
		return Config{}, errors.New("the Telnyx address would send the key in clear text: use https")
	}
	q, err := channel.Parameters(u, "from", "public_key", "profile", "price")
	if err != nil {
		return Config{}, err
	}
	from := q.Get("from")
	if after, ok := strings.CutPrefix(from, " "); ok { // a query's plus sign is a space
		from = "+" + after
	}
	if from == "" {
		return Config{}, errors.New("the Telnyx address does not say from which number: " + form)
	}
	price, err := notification.ParsePrice(q.Get("price"))
	if err != nil {
		return Config{}, err
	}
	c := Config{Price: price, BaseURL: u.Scheme + "://" + u.Host + strings.TrimRight(u.Path, "/"), Key: u.User.Username(), From: from, Profile: q.Get("profile")}
	if key := q.Get("public_key"); key != "" {
		b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(key, " ", "+"))
		if err != nil || len(b) != ed25519.PublicKeySize {
			return Config{}, errors.New("public_key= is not Telnyx's public key: 44 characters that end in =")
		}
		c.Public = b
	}
	return c, nil
}

// Receives says whether somebody can write back.
func (c Config) Receives() bool { return c.Public != nil && strings.HasPrefix(c.From, "+") }

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

// Took says whether an id is one that Telnyx gives: a UUID.
func Took(providerID string) bool {
	return len(providerID) == 36 && strings.Count(providerID, "-") == 4
}

// outgoing is what Telnyx is asked to send.
type outgoing struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Text    string `json:"text"`
	Profile string `json:"messaging_profile_id,omitempty"`
	Webhook string `json:"webhook_url,omitempty"`
}

// Send sends the message as one SMS.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	m.Replies = s.cfg.Receives()
	out := outgoing{From: s.cfg.From, To: m.To, Text: text.SMS(text.Input(m)), Profile: s.cfg.Profile, Webhook: s.callbackURL(m)}
	answer, err := s.post(ctx, out)
	if err != nil {
		return ports.Receipt{}, err
	}
	var taken struct{ Data payload }
	_ = json.Unmarshal(answer.Body, &taken) // what cannot be read was taken all the same
	return ports.Receipt{ProviderID: taken.Data.ID, Detail: "Telnyx: " + cmp.Or(taken.Data.status(), "taken"), Confirms: true}, nil
}

// Reports says whether Telnyx tells by itself what becomes of messages; else it is asked.
func (s *Sender) Reports(publicURL string) bool {
	return s.callbackURL(ports.Outgoing{PublicURL: publicURL}) != ""
}

// Statuses asks where messages stand, by Telnyx's ids. What it does not know, or has nothing to say of, is left out.
// https://developers.telnyx.com/api-reference/messages/retrieve-a-message
func (s *Sender) Statuses(ctx context.Context, ids []string) ([]ports.Standing, error) {
	var out []ports.Standing
	for _, id := range ids {
		answer, err := s.do(ctx, http.MethodGet, "/v2/messages/"+url.PathEscape(id), nil)
		if answer.Status == http.StatusNotFound {
			continue
		}
		if err != nil {
			return out, err
		}
		var known struct{ Data payload }
		if json.Unmarshal(answer.Body, &known) != nil || known.Data.ID != id {
			continue
		}
		if st := statusOf(known.Data.status()); st != "" {
			out = append(out, standing(known.Data, st))
		}
	}
	return out, nil
}

// Reply sends a text that nobody waits for a receipt of: an answer to somebody's reply.
func (s *Sender) Reply(ctx context.Context, to, words string) error {
	_, err := s.post(ctx, outgoing{From: s.cfg.From, To: to, Text: words, Profile: s.cfg.Profile})
	return err
}

// Check asks whether Telnyx takes the key, without sending anything.
func (s *Sender) Check(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodGet, "/v2/messaging_profiles?page[size]=1", nil)
	return err
}

// callbackURL is where Telnyx reports; "" where it could not reach us, or we could not know that it was Telnyx.
func (s *Sender) callbackURL(m ports.Outgoing) string {
	u, err := url.Parse(m.PublicURL)
	if err != nil || u.Host == "" || s.cfg.Public == nil {
		return ""
	}
	if base, err := url.Parse(s.cfg.BaseURL); err != nil || channel.Near(u.Hostname()) && !channel.Near(base.Hostname()) {
		return ""
	}
	return fmt.Sprintf("%s/callbacks/telnyx/%s?attempt=%d", m.PublicURL, url.PathEscape(string(m.ID)), m.Attempt)
}

func (s *Sender) post(ctx context.Context, m outgoing) (channel.Answer, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return channel.Answer{}, err
	}
	return s.do(ctx, http.MethodPost, "/v2/messages", b)
}

func (s *Sender) do(ctx context.Context, method, path string, body []byte) (channel.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.cfg.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return channel.Answer{}, errors.New("the Telnyx address is wrong")
	}
	req.Header.Set("Authorization", "Bearer "+s.cfg.Key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	answer, err := channel.Do(s.client, req)
	if err != nil || answer.OK() {
		return answer, err
	}
	return answer, s.refusal(answer)
}

// trouble is an error of Telnyx's.
type trouble struct {
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// refusal says what an answer without success means.
func (s *Sender) refusal(a channel.Answer) error {
	var e struct {
		Errors []trouble `json:"errors"`
	}
	_ = json.Unmarshal(a.Body, &e)
	err := fmt.Errorf("Telnyx answered %d%s", a.Status, strings.ReplaceAll(troubles(e.Errors), s.cfg.Key, "***")) //nolint:staticcheck // a name
	after := channel.RetryAfter(a.Header, s.cfg.Now())
	if a.Status == http.StatusUnauthorized || a.Status == http.StatusPaymentRequired || a.Status == http.StatusForbidden && !about(e.Errors, "40300") {
		return ports.Elsewhere(err) // the account's trouble, whatever is sent
	}
	return channel.ByStatus(err, a.Status, after)
}

func about(list []trouble, code string) bool { return len(list) > 0 && list[0].Code == code }

// troubles says what went wrong, in our words where we have some, else in theirs.
// https://developers.telnyx.com/docs/messaging/messages/error-codes
func troubles(list []trouble) string {
	if len(list) == 0 {
		return ""
	}
	e := list[0]
	words := cmp.Or(map[string]string{
		"10009": "the key is wrong", "40001": "a landline, or a number that cannot be reached", "40002": "taken for spam by the carrier",
		"40300": "the recipient has answered STOP: they must send START", "40005": "too old when its turn came", "40010": "the number is not registered for this traffic (10DLC)",
	}[e.Code], e.Detail, e.Title)
	return ": " + strings.TrimSpace(e.Code+" "+words)
}

// statusOf is what a word of Telnyx's means; "" for one that is not known.
func statusOf(word string) notification.MessageStatus {
	switch word {
	case "delivered":
		return notification.MessageDelivered
	case "sending_failed", "delivery_failed", "expired":
		return notification.MessageFailed
	case "queued", "sending", "sent", "delivery_unconfirmed":
		return notification.MessageAccepted
	}
	return ""
}
