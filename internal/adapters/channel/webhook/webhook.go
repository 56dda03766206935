// Package webhook sends messages as signed JSON documents to addresses that users choose.
package webhook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const maxURL = 2000 // characters

// Config says how webhooks are signed and where they may go.
type Config struct {
	Secret string           // signs the documents; "": they are not signed
	Reach  channel.Reach    // where they may go
	Now    func() time.Time // for signatures; nil: time.Now
}

// Sender posts documents. Any number of goroutines may use it.
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
		Kind: "webhook", Label: "Webhook", Personal: true, Shared: true, Expiry: 4 * time.Hour, Follows: true, Check: checkURL,
		Options: options(), CheckOptions: checkOptions, Preview: preview, Key: "Signing secret, in place of the server's",
		Address: json.RawMessage(`{"type":"string","title":"URL","description":"https address that takes a POST with JSON","format":"uri","pattern":"^https?://"}`),
	}
}

func checkURL(to string) (string, error) {
	u, err := url.Parse(to)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return "", errors.New("this is not a web address: it starts with https:// and names a host")
	case u.User != nil:
		return "", errors.New("the address must not hold a name and password: they would be shown")
	case len(to) > maxURL:
		return "", fmt.Errorf("the address is longer than %d characters", maxURL)
	}
	u.Fragment = ""
	return u.String(), nil
}

// Send posts the message's document. Its receiver can tell attempts of one message by their Idempotency-Key,
// and knows us by the signature:
//
//	Rouse-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, "<t>.<body>")>
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	to, err := checkURL(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	body, err := render(text.Webhook(text.Input(m)), m.Chosen.Options)
	if err != nil {
		return ports.Receipt{}, fmt.Errorf("write the document: %w", err)
	}
	own, err := headers(m.Chosen.Options)
	if err != nil {
		return ports.Receipt{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return ports.Receipt{}, errors.New("this is not a web address")
	}
	req.Header.Set("User-Agent", "Rouse")
	maps.Copy(req.Header, own)
	req.Header.Set("Content-Type", contentType(m.Chosen.Options))
	req.Header.Set("Idempotency-Key", string(m.ID))
	if secret := cmp.Or(m.Chosen.Key, s.cfg.Secret); secret != "" {
		req.Header.Set("Rouse-Signature", sign(secret, s.cfg.Now(), body))
	}
	answer, err := channel.Do(s.client, req)
	if err != nil {
		return ports.Receipt{}, err
	}
	return s.judge(answer)
}

// judge says what an answer means. A webhook that takes a document has it: nothing more is reported.
func (s *Sender) judge(a channel.Answer) (ports.Receipt, error) {
	if a.OK() {
		return ports.Receipt{Detail: fmt.Sprintf("answered %d", a.Status), Delivered: true}, nil
	}
	err := channel.Refused("the webhook", a, s.cfg.Now())
	if ports.IsAmbiguous(err) {
		err = ports.Retryable(err, channel.RetryAfter(a.Header, s.cfg.Now())) // another attempt has the same Idempotency-Key
	}
	return ports.Receipt{}, err
}

func sign(secret string, now time.Time, body []byte) string {
	t := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
