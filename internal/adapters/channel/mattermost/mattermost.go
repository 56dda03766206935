// Package mattermost keeps a post in a channel for each incident, sends direct messages, and takes buttons, by a bot account
// of a Mattermost server.
//
// https://developers.mattermost.com/api-documentation/
package mattermost

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const maxTold = 10 // incidents of one post, which may have 16383 characters

// Sender posts. Any number of goroutines may use it.
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
	// Whoever runs Rouse chose the server: it may be at any address.
	return &Sender{cfg: cfg, client: channel.NewClient(&net.Dialer{}, http.ProxyFromEnvironment)}
}

// post is a post, as the API has it.
type post struct {
	ID      string         `json:"id,omitempty"`
	Channel string         `json:"channel_id,omitempty"`
	Root    string         `json:"root_id,omitempty"`
	Pending string         `json:"pending_post_id,omitempty"` // two posts with the same within half a minute are one
	Message string         `json:"message"`
	Props   map[string]any `json:"props"`
}

// marker names the prop by which we find what we posted.
const marker = "rouse"

// Send posts to a person. In a channel it makes the incident's post say what is true now; whoever is to answer there is told
// in its thread, since nobody hears of an edit. Whatever is tried again, there is one of each: where an earlier
// attempt may have arrived, another one looks for it by its mark before it posts.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	to, err := checkAddress(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	if name, ok := strings.CutPrefix(to, "@"); ok {
		if to, err = s.direct(ctx, name); err != nil {
			return ports.Receipt{}, err
		}
	}
	p := s.compose(m)
	p.Channel = to
	if m.Recipient.Kind != notification.ToChannel || m.Purpose == notification.PurposeTest || len(m.Items) != 1 {
		return s.open(ctx, m, p, string(m.ID))
	}
	known, mark := m.Items[0].Post, string(m.Lane)+" "+m.Items[0].ID
	if known == "" {
		return s.open(ctx, m, p, mark)
	}
	p.Props[marker] = mark
	err = s.call(ctx, http.MethodPut, "/posts/"+url.PathEscape(known)+"/patch", map[string]any{"message": p.Message, "props": p.Props}, nil)
	if is(err, http.StatusNotFound, http.StatusForbidden) { // somebody deleted it: who may not see a post may not write it
		return s.open(ctx, m, p, mark+" again "+known)
	}
	if err != nil {
		return ports.Receipt{}, err
	}
	if m.Purpose == notification.PurposePage {
		p.Root = known
		if _, err := s.open(ctx, m, p, string(m.ID)); err != nil {
			return ports.Receipt{}, err
		}
	}
	return ports.Receipt{ProviderID: known, Detail: "Mattermost: edited " + known, Delivered: true}, nil
}

// direct gives the channel of direct messages with somebody.
func (s *Sender) direct(ctx context.Context, name string) (string, error) {
	var me, them, ch struct {
		ID string `json:"id"`
	}
	if err := s.call(ctx, http.MethodGet, "/users/me", nil, &me); err != nil {
		return "", err
	}
	if err := s.call(ctx, http.MethodGet, "/users/username/"+url.PathEscape(name), nil, &them); err != nil {
		return "", err
	}
	err := s.call(ctx, http.MethodPost, "/channels/direct", []string{me.ID, them.ID}, &ch)
	if ports.IsAmbiguous(err) {
		err = ports.Retryable(err, 0) // nothing is posted yet
	}
	return ch.ID, err
}

func (s *Sender) open(ctx context.Context, m ports.Outgoing, p post, mark string) (ports.Receipt, error) {
	p.Props[marker], p.Pending = mark, mark
	if m.MayRepeat {
		found, err := s.find(ctx, p.Channel, mark, m.CreatedAt)
		if err != nil {
			return ports.Receipt{}, err
		}
		if found != "" {
			return ports.Receipt{ProviderID: found, Detail: "Mattermost: " + found + " was posted already", Delivered: true}, nil
		}
	}
	var made post
	if err := s.call(ctx, http.MethodPost, "/posts", p, &made); err != nil {
		return ports.Receipt{}, err
	}
	return ports.Receipt{ProviderID: made.ID, Detail: "Mattermost: posted " + made.ID, Delivered: true}, nil
}

// find looks for what an earlier attempt posted; "" where there is none.
func (s *Sender) find(ctx context.Context, in, mark string, created time.Time) (string, error) {
	var list struct {
		Posts map[string]post `json:"posts"`
	}
	since := strconv.FormatInt(created.Add(-time.Minute).UnixMilli(), 10)
	err := s.call(ctx, http.MethodGet, "/channels/"+url.PathEscape(in)+"/posts?since="+since, nil, &list)
	if err != nil && !is(err, http.StatusForbidden) { // who may only write may not look
		return "", err
	}
	for _, p := range list.Posts {
		if p.Props[marker] == mark {
			return p.ID, nil
		}
	}
	return "", nil
}

func (s *Sender) compose(m ports.Outgoing) post {
	in := text.Input(m)
	parts := text.Chat(in, text.Markup{
		Style: text.Style{Plain: plain},
		Bold:  func(w string) string { return "**" + w + "**" },
		Link: func(label, to string) string {
			return "[" + label + "](<" + strings.NewReplacer("<", "%3C", ">", "%3E").Replace(to) + ">)"
		},
	}, maxTold)
	p := post{Message: strings.Join(parts, "\n\n"), Props: map[string]any{"attachments": []attachment{}}}
	if actions := s.actions(m.PublicURL, channel.Buttons(in)); len(actions) > 0 {
		p.Props["attachments"] = []attachment{{Fallback: text.Line(in), Actions: actions}}
	}
	return p
}

// plain is text that Markdown shows as it is, and that tells nobody. Before what Mattermost's Markdown has no escape for, such
// as a colon, it would show the backslash.
func plain(s string) string {
	var b strings.Builder
	for _, r := range text.NoMention(s) {
		if strings.ContainsRune("\\`*_{}[]()#+!~|>", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
