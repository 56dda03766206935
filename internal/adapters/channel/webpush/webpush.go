// Package webpush sends notifications to browsers, by the push services that their makers run: what it sends is
// encrypted for the browser (RFC 8291) and signed as this installation's (RFC 8292).
//
// https://www.rfc-editor.org/rfc/rfc8030
package webpush

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	push "github.com/SherClockHolmes/webpush-go"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	maxPayload = 3900 // bytes; push services take records of 4096, encryption and padding within
	maxTopic   = 32   // characters
	maxListed  = 300  // incidents that a notification acknowledges
)

// Config says as whom notifications are sent.
type Config struct {
	Subject string                               // whom a push service may ask about us: an https address, or a mail address
	Reach   channel.Reach                        // where push services may be: browsers name them, and whoever says to be one
	Ended   func(ctx context.Context, to string) // a push service says that this subscription is over; nil: nobody hears
	Now     func() time.Time                     // nil: time.Now
}

// Sender sends. Any number of goroutines may use it.
type Sender struct {
	cfg             Config
	client          *http.Client
	private, public string // base64url
}

var _ ports.Notifier = (*Sender)(nil)

// New gives a sender. It can send once it was given its key.
func New(cfg Config) *Sender {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Sender{cfg: cfg, client: cfg.Reach.Client()}
}

// NewKey makes a private key. Browsers subscribe to one: with another all of them have to subscribe again.
func NewKey() string {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // crypto/rand never fails on the systems that Go supports
	}
	return base64.RawURLEncoding.EncodeToString(key.Bytes())
}

// SignBy gives the sender its private key, before it sends.
func (s *Sender) SignBy(key string) error {
	raw, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return errors.New("the key for Web Push is not base64")
	}
	private, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return errors.New("the key for Web Push is none of the curve P-256")
	}
	s.private, s.public = key, base64.RawURLEncoding.EncodeToString(private.PublicKey().Bytes())
	return nil
}

// PublicKey is what browsers subscribe to, in base64url.
func (s *Sender) PublicKey() string { return s.public }

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: "push", Label: "Web Push", Personal: true, Device: true, Expiry: 10 * time.Minute, Check: check, Show: show, Preview: channel.ShowsPage(channel.Notice),
		Address: json.RawMessage(`{"type":"string","title":"Device","description":"turn notifications on there, on the person's own page"}`),
	}
}

// parse reads what a browser gave when it subscribed.
func parse(to string) (push.Subscription, error) {
	var sub push.Subscription
	if err := json.Unmarshal([]byte(to), &sub); err != nil {
		return sub, errors.New("a device subscribes by itself: turn notifications on there, on the person's own page")
	}
	u, err := url.Parse(sub.Endpoint)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !channel.Near(u.Hostname())) {
		return sub, errors.New("the subscription has no https address of a push service")
	}
	key, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(sub.Keys.P256dh, "="))
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(key)
	}
	auth, err2 := base64.RawURLEncoding.DecodeString(strings.TrimRight(sub.Keys.Auth, "="))
	if err != nil || err2 != nil || len(auth) != 16 {
		return sub, errors.New("the subscription's keys are none")
	}
	return sub, nil
}

func check(to string) (string, error) {
	sub, err := parse(to)
	if err != nil {
		return "", err
	}
	out, err := json.Marshal(sub)
	return string(out), err
}

// show is the push service: whoever has all of it can send there.
func show(to string) string {
	sub, _ := parse(to)
	u, err := url.Parse(sub.Endpoint)
	if err != nil || u.Hostname() == "" {
		return "a device"
	}
	return u.Hostname()
}

// note is what the service worker shows.
type note struct {
	Title       string  `json:"title"`
	Body        string  `json:"body"`
	Tag         string  `json:"tag"`
	Link        string  `json:"link,omitempty"`
	Silent      bool    `json:"silent,omitempty"`
	Acknowledge []int64 `json:"acknowledge,omitempty"` // incidents that its button acknowledges
}

func compose(m ports.Outgoing) (payload []byte, n text.Notice, err error) {
	n = text.Push(text.Input(m))
	out := note{Title: n.Title, Body: n.Body, Tag: n.Tag, Link: n.Link, Silent: n.Silent}
	if n.Page && len(m.Items) <= maxListed {
		for _, it := range m.Items {
			out.Acknowledge = append(out.Acknowledge, int64(it.Incident))
		}
	}
	if payload, err = encode(out); err == nil && len(payload) > maxPayload {
		out.Acknowledge = nil
		payload, err = encode(out)
	}
	return payload, n, err
}

// encode leaves <, > and & as they are: nothing here is HTML, and there is little room.
func encode(n note) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(n)
	return bytes.TrimSpace(b.Bytes()), err
}

// Send hands the message to the browser's push service. That it took it does not say that anybody saw it.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	sub, err := parse(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	payload, n, err := compose(m)
	if err != nil {
		return ports.Receipt{}, fmt.Errorf("write the notification: %w", err)
	}
	taken := &asked{client: s.client}
	opt := push.Options{
		HTTPClient: taken, Subscriber: s.cfg.Subject, VAPIDPublicKey: s.public, VAPIDPrivateKey: s.private,
		TTL: int(max(m.ExpiresAt.Sub(s.cfg.Now()), 0) / time.Second), Urgency: push.UrgencyNormal,
	}
	if n.Page {
		opt.Urgency = push.UrgencyHigh
	}
	if len(n.Tag) <= maxTopic {
		opt.Topic = n.Tag // what the device has not fetched yet gives way
	}
	res, err := push.SendNotificationWithContext(ctx, payload, &sub, &opt)
	if err != nil {
		return ports.Receipt{}, err
	}
	_ = res.Body.Close() // of what was read already
	return s.judge(ctx, m.To, taken.answer)
}

// asked makes the library's request by our client, and keeps what it says of a missing answer.
type asked struct {
	client *http.Client
	answer channel.Answer
}

// Do sends the request.
func (a *asked) Do(req *http.Request) (*http.Response, error) {
	var err error
	if a.answer, err = channel.Do(a.client, req); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: a.answer.Status, Header: a.answer.Header, Body: io.NopCloser(bytes.NewReader(a.answer.Body))}, nil
}

func (s *Sender) judge(ctx context.Context, to string, a channel.Answer) (ports.Receipt, error) {
	switch {
	case a.OK():
		return ports.Receipt{ProviderID: a.Header.Get("Location"), Detail: show(to) + " took it"}, nil
	case a.Status == http.StatusNotFound || a.Status == http.StatusGone:
		if s.cfg.Ended != nil {
			s.cfg.Ended(ctx, to)
		}
		return ports.Receipt{}, fmt.Errorf("%s answered %d: this device is not subscribed any more", show(to), a.Status)
	}
	return ports.Receipt{}, channel.Refused(show(to), a, s.cfg.Now())
}
