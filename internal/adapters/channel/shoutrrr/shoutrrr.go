// Package shoutrrr sends to chats that Rouse does not speak to by itself, one way, by the library of that name. Only those of
// its services are used that take our client: it says how an attempt ended, which their errors do not, keeps the deadline,
// which they know none of, and goes only where webhooks may.
//
// https://shoutrrr.nickfedor.com
package shoutrrr

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/rocketchat"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Config says where chats may be.
type Config struct {
	Reach  channel.Reach
	Client *http.Client     // nil: one of Reach
	Now    func() time.Time // nil: time.Now
}

// Sender sends. Any number of goroutines may use it.
type Sender struct{ cfg Config }

var _ ports.Notifier = (*Sender)(nil)

// New gives a sender.
func New(cfg Config) *Sender {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Client == nil {
		cfg.Client = cfg.Reach.Client()
	}
	return &Sender{cfg}
}

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: "chat", Label: "Discord, Rocket.Chat", Personal: true, Shared: true, Expiry: time.Hour, Floor: 2 * time.Second, Check: check, Show: show, Preview: channel.ShowsPerson(words),
		Address: json.RawMessage(`{"type":"string","title":"Webhook","description":"discord://TOKEN@ID, the address that Discord shows, or rocketchat://chat.example.org/ID/TOKEN"}`),
	}
}

var (
	discordForm = regexp.MustCompile(`^discord://([\w-]{20,100})@([0-9]{5,25})$`)
	discordWeb  = regexp.MustCompile(`^https://(?:\w+\.)?discord(?:app)?\.com/api(?:/v\d+)?/webhooks/([0-9]{5,25})/([\w-]{20,100})$`)
	rocketForm  = regexp.MustCompile(`^rocketchat://[A-Za-z0-9.-]+(?::\d{1,5})?/\w{8,64}/\w{8,100}$`)
	secretEnd   = regexp.MustCompile(`/\w+$`)
)

func check(to string) (string, error) {
	to = strings.TrimSpace(to)
	if m := discordWeb.FindStringSubmatch(to); m != nil {
		to = "discord://" + m[2] + "@" + m[1]
	}
	if discordForm.MatchString(to) || rocketForm.MatchString(to) {
		return to, nil
	}
	return "", errors.New("this is neither discord://TOKEN@ID, nor the address of a webhook that Discord shows, nor rocketchat://chat.example.org/ID/TOKEN")
}

// show leaves the secret out.
func show(to string) string {
	if m := discordForm.FindStringSubmatch(to); m != nil {
		return "discord://***@" + m[2]
	}
	return secretEnd.ReplaceAllString(to, "/***")
}

// Send sends the message.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	to, err := check(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	u, err := url.Parse(to)
	if err != nil {
		return ports.Receipt{}, errors.New("this is not an address of a chat")
	}
	w := &watched{s: s, ctx: ctx}
	var service interface {
		Initialize(to *url.URL, log types.StdLogger) error
		Send(words string, params *types.Params) error
	}
	if u.Scheme == discord.Scheme {
		d := &discord.Service{}
		err = d.Initialize(u, nil)
		d.HTTPClient, d.Config.SplitLines = w, false // Initialize gives it a client of its own, and each line a box
		service = d
	} else {
		r := &rocketchat.Service{Client: &http.Client{Transport: w}}
		err = r.Initialize(u, nil)
		service = r
	}
	if err != nil {
		return ports.Receipt{}, errors.New("this is not an address of a chat")
	}
	err = service.Send(words(m), &types.Params{})
	switch {
	case w.err != nil:
		return ports.Receipt{}, w.err
	case err != nil && w.taken:
		return ports.Receipt{}, ports.Ambiguous(errors.New(u.Scheme + " did not say what is expected of it"))
	case err != nil:
		return ports.Receipt{}, errors.New(u.Scheme + ": the message could not be made") // its errors may name the address
	}
	return ports.Receipt{Detail: u.Scheme + " took it"}, nil
}

// words are what is sent: these chats have no buttons that would come back.
func words(m ports.Outgoing) string {
	n := text.Push(text.Input(m))
	out := strings.ReplaceAll(text.NoMention(n.Title+"\n"+n.Body), "](", "] (")
	if n.Answer != "" {
		out += "\nAcknowledge: " + n.Answer
	}
	if n.Link != "" {
		out += "\nOpen: " + n.Link
	}
	return out
}

// watched is the client that a service is given. It keeps what came of the request, and gives of what failed an error after
// which the library does not try again by itself.
type watched struct {
	s     *Sender
	ctx   context.Context //nolint:containedctx // the library gives its requests none of ours
	taken bool
	err   error
}

var errStopped = errors.New("it is not tried again here")

// Do answers as http.Client does.
func (w *watched) Do(req *http.Request) (*http.Response, error) {
	a, err := channel.Do(w.s.cfg.Client, req.WithContext(w.ctx))
	if err == nil && !a.OK() {
		err = channel.Refused(req.URL.Hostname(), a, w.s.cfg.Now())
	}
	if err != nil {
		w.err = err
		return nil, errStopped
	}
	w.taken = true
	return &http.Response{StatusCode: a.Status, Header: a.Header, Body: http.NoBody, Request: req}, nil
}

// RoundTrip lets it be a transport.
func (w *watched) RoundTrip(req *http.Request) (*http.Response, error) { return w.Do(req) }
