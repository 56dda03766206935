// Package twilio sends SMS and calls by Twilio's REST API and reads what it calls about.
//
// https://www.twilio.com/docs/messaging/api/message-resource
// https://www.twilio.com/docs/voice/api/call-resource
package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Resources of an account.
const (
	texts = "Messages.json"
	calls = "Calls.json"
)

const (
	minValidity = time.Second // what Twilio allows: 1 to 36,000 s
	maxValidity = 10 * time.Hour
	listed      = 50              // messages that are looked through for an earlier attempt
	clockSlack  = 5 * time.Second // between Twilio's clock and ours; less than the floor between two SMS
)

// Sender sends SMS. Any number of goroutines may use it.
type Sender struct {
	cfg    Config
	client *http.Client
}

var (
	_ ports.Notifier   = (*Sender)(nil)
	_ ports.Reconciler = (*Sender)(nil)
)

// New gives a sender.
func New(cfg Config) *Sender {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Sender{cfg: cfg, client: channel.NewClient(&net.Dialer{Timeout: channel.DialTimeout}, http.ProxyFromEnvironment)}
}

// Took says whether an id is one that Twilio gives.
func Took(providerID string) bool {
	return len(providerID) > 2 && slices.Contains([]string{"SM", "MM", "CA"}, providerID[:2])
}

// message is Twilio's account of one.
type message struct {
	SID       string `json:"sid"`
	Status    string `json:"status"`
	Body      string `json:"body"`
	Created   string `json:"date_created"` // RFC 1123 with a numeric zone
	From      string `json:"from"`
	To        string `json:"to"`
	Service   string `json:"messaging_service_sid"` // may be empty
	Direction string `json:"direction"`             // inbound, outbound-api, …
	Code      int    `json:"error_code"`
	Words     string `json:"error_message"`
}

// Send sends the message as one SMS.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	form := s.form(m.To, s.body(m))
	if !m.ExpiresAt.IsZero() {
		valid := min(max(m.ExpiresAt.Sub(s.cfg.Now()), minValidity), maxValidity)
		form.Set("ValidityPeriod", strconv.Itoa(int(valid/time.Second)))
	}
	callback := s.callbackURL(m)
	if callback != "" {
		form.Set("StatusCallback", callback)
	}
	req, err := s.request(ctx, http.MethodPost, texts, form)
	if err != nil {
		return ports.Receipt{}, err
	}
	answer, err := channel.Do(s.client, req)
	if err != nil {
		return ports.Receipt{}, err
	}
	if !answer.OK() {
		return ports.Receipt{}, s.refusal(answer)
	}
	var taken message
	_ = json.Unmarshal(answer.Body, &taken) // what cannot be read was taken all the same
	return receipt(taken, s.confirms(m)), nil
}

// body is the message's text; where somebody can write back it says so.
func (s *Sender) body(m ports.Outgoing) string {
	m.Replies = s.cfg.Receives()
	return text.SMS(text.Input(m))
}

// confirms says whether what becomes of a message is heard of.
func (s *Sender) confirms(m ports.Outgoing) bool {
	return s.callbackURL(m) != "" || s.cfg.Replies == RepliesAsked
}

// form is of a text to a number.
func (s *Sender) form(to, body string) url.Values {
	form := url.Values{"To": {to}, "Body": {body}}
	if strings.HasPrefix(s.cfg.From, "MG") {
		form.Set("MessagingServiceSid", s.cfg.From)
	} else {
		form.Set("From", s.cfg.From)
	}
	return form
}

func receipt(m message, confirms bool) ports.Receipt {
	detail := "taken by Twilio"
	if m.Status != "" {
		detail = "Twilio: " + m.Status
	}
	return ports.Receipt{ProviderID: m.SID, Detail: detail, Delivered: m.Status == "delivered", Confirms: confirms}
}

// callbackURL is where Twilio reports; "" where it could not reach us.
func (s *Sender) callbackURL(m ports.Outgoing) string {
	u, err := url.Parse(m.PublicURL)
	if err != nil || u.Host == "" {
		return ""
	}
	base, err := url.Parse(s.cfg.BaseURL)
	if err != nil || channel.Near(u.Hostname()) && !channel.Near(base.Hostname()) {
		return ""
	}
	return fmt.Sprintf("%s/callbacks/twilio/%s?attempt=%d", m.PublicURL, url.PathEscape(string(m.ID)), m.Attempt)
}

// Check asks whether Twilio knows the account and takes its token, without sending anything.
func (s *Sender) Check(ctx context.Context) error { return s.check(ctx, texts) }

func (s *Sender) check(ctx context.Context, resource string) error {
	req, err := s.request(ctx, http.MethodGet, resource+"?PageSize=1", nil)
	if err != nil {
		return err
	}
	answer, err := channel.Do(s.client, req)
	if err != nil {
		return err
	}
	if !answer.OK() {
		return s.refusal(answer)
	}
	return nil
}

// request makes one to a resource of the account, with the form of a POST.
func (s *Sender) request(ctx context.Context, method, resource string, form url.Values) (*http.Request, error) {
	target := s.cfg.BaseURL + "/2010-04-01/Accounts/" + url.PathEscape(s.cfg.Account) + "/" + resource
	req, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("the Twilio address is wrong")
	}
	req.SetBasicAuth(s.cfg.Account, s.cfg.Token)
	req.Header.Set("Accept", "application/json")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req, nil
}

// refusal says what an answer without success means.
func (s *Sender) refusal(a channel.Answer) error {
	var e struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(a.Body, &e)
	err := fmt.Errorf("Twilio answered %d%s", a.Status, s.redact(codeWords(e.Code, e.Message))) //nolint:staticcheck // a name
	after := channel.RetryAfter(a.Header, s.cfg.Now())
	if ownTrouble(a.Status, e.Code) {
		return ports.Elsewhere(err)
	}
	return channel.ByStatus(err, a.Status, after)
}

// ownTrouble says whether a refusal is about the account, whatever is sent to whom.
func ownTrouble(status, code int) bool {
	switch code {
	case 21408, 21606, 21659, 21660: // the country, the number to send from
		return true
	}
	return status == http.StatusUnauthorized || status == http.StatusPaymentRequired || status == http.StatusForbidden
}

func (s *Sender) redact(words string) string { return strings.ReplaceAll(words, s.cfg.Token, "***") }

// Reconcile looks for the message among the newest to the same number: no other message to a number within the
// clocks' slack has its text. Another text may be an earlier attempt's all the same: of a server of another version
// or address, or before one of its incidents was answered. Then nobody can be sure.
func (s *Sender) Reconcile(ctx context.Context, m ports.Outgoing) (ports.Receipt, bool, error) {
	query := "?" + url.Values{"To": {m.To}, "PageSize": {strconv.Itoa(listed)}}.Encode()
	req, err := s.request(ctx, http.MethodGet, texts+query, nil)
	if err != nil {
		return ports.Receipt{}, false, err
	}
	answer, err := channel.Do(s.client, req)
	if err != nil {
		return ports.Receipt{}, false, err
	}
	if !answer.OK() {
		return ports.Receipt{}, false, s.refusal(answer)
	}
	var page struct {
		Messages []message `json:"messages"` // newest first
	}
	if err := json.Unmarshal(answer.Body, &page); err != nil {
		return ports.Receipt{}, false, fmt.Errorf("Twilio's list cannot be read: %w", err) //nolint:staticcheck // a name
	}
	others := false
	// No DateSent filter: what is queued has not got one yet.
	for _, found := range page.Messages {
		created, err := time.Parse(time.RFC1123Z, found.Created)
		if err != nil {
			return ports.Receipt{}, false, fmt.Errorf("Twilio's list has no date: %w", err) //nolint:staticcheck // a name
		}
		if created.Before(m.CreatedAt.Add(-clockSlack)) {
			return ports.Receipt{}, false, unsure(others)
		}
		if s.same(found, m) {
			return receipt(found, s.confirms(m)), true, nil
		}
		others = others || !givenUp(found)
	}
	if len(page.Messages) == listed {
		return ports.Receipt{}, false, fmt.Errorf("too many newer messages to be sure")
	}
	return ports.Receipt{}, false, unsure(others)
}

func unsure(others bool) error {
	if others {
		return errors.New("another text went to this number since: it may have been this message")
	}
	return nil
}

// givenUp says whether Twilio has given a message up.
func givenUp(found message) bool {
	return found.Status == "failed" || found.Status == "undelivered" || found.Status == "canceled"
}

// same says whether a message that Twilio has, and has not given up, is an attempt of m. Accounts on trial have
// a text put before theirs.
func (s *Sender) same(found message, m ports.Outgoing) bool {
	if givenUp(found) {
		return false
	}
	for _, m.MayRepeat = range []bool{false, true} {
		if strings.HasSuffix(found.Body, s.body(m)) {
			return true
		}
	}
	return false
}
