package mattermost

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// attachment is what has buttons.
// https://developers.mattermost.com/integrate/plugins/interactive-messages/
type attachment struct {
	Fallback string   `json:"fallback"`
	Actions  []action `json:"actions"`
}

type action struct {
	ID          string      `json:"id"` // letters and digits only
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Style       string      `json:"style,omitempty"`
	Integration integration `json:"integration"`
}

type integration struct {
	URL     string    `json:"url"`
	Context pressedBy `json:"context"`
}

// pressedBy is what comes back with a button. Only the server knows it: it shows it to nobody.
type pressedBy struct {
	Do        string `json:"do"`
	Signature string `json:"signature"`
}

// actions are the buttons; none where nobody knows our address.
func (s *Sender) actions(publicURL string, list []channel.Button) []action {
	var out []action
	for _, b := range list {
		if publicURL == "" {
			break
		}
		deed, _, _ := strings.Cut(b.Do, " ")
		a := action{ID: strings.ReplaceAll(deed, "_", ""), Name: b.Label, Type: "button", Integration: integration{URL: publicURL + "/callbacks/mattermost", Context: pressedBy{b.Do, s.sign(b.Do)}}}
		if len(out) == 0 {
			a.Style = "primary"
		}
		out = append(out, a)
	}
	return out
}

// sign makes what a button does ours: the server signs nothing that it brings.
func (s *Sender) sign(do string) string {
	mac := hmac.New(sha256.New, []byte(s.cfg.Token))
	mac.Write([]byte("rouse button\x00" + do))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Call is what somebody did: pressed a button, or wrote a command.
type Call struct {
	ID    string // the server's: the same where it comes again
	User  string
	Name  string // without @
	Asked channel.Asked
	Words string // of a command
}

// ReadCall reads what the server brings. The server says who did it; that it is the server shows what comes back with a
// button, or the command's token.
func (s *Sender) ReadCall(content []byte) (Call, error) {
	if !bytes.HasPrefix(content, []byte("{")) {
		return s.readCommand(string(content))
	}
	var in struct {
		User    string    `json:"user_id"`
		Name    string    `json:"user_name"`
		Trigger string    `json:"trigger_id"`
		Context pressedBy `json:"context"`
	}
	if json.Unmarshal(content, &in) != nil {
		return Call{}, fault.Invalid("callback.unreadable", "the body cannot be read, or is too large")
	}
	asked, ok := channel.ReadButton(in.Context.Do)
	if !ok || !hmac.Equal([]byte(in.Context.Signature), []byte(s.sign(in.Context.Do))) {
		return Call{}, fault.Unauthorized("callback.bad_signature", "this button is none of ours")
	}
	return whole(Call{ID: in.Trigger, User: in.User, Name: in.Name, Asked: asked})
}

// readCommand reads a slash command.
// https://developers.mattermost.com/integrate/slash-commands/custom/
func (s *Sender) readCommand(content string) (Call, error) {
	form, err := url.ParseQuery(content)
	if err != nil || s.cfg.Command == "" || !hmac.Equal([]byte(form.Get("token")), []byte(s.cfg.Command)) {
		return Call{}, fault.Unauthorized("callback.bad_signature", "this command has another token")
	}
	return whole(Call{ID: form.Get("trigger_id"), User: form.Get("user_id"), Name: form.Get("user_name"), Words: strings.TrimSpace(form.Get("text"))})
}

func whole(c Call) (Call, error) {
	if c.ID == "" || c.User == "" {
		return Call{}, fault.Invalid("callback.unreadable", "it does not say who did it")
	}
	return c, nil
}

// Desk does what people ask for, and tells them what came of it.
type Desk struct {
	channel.Desk
	Sender *Sender
}

// NewDesk gives one over what is the same for all chats. Who is linked is known, by their id, and nobody by their name: people
// change that, and whoever takes one that is free would answer for who had it.
func NewDesk(shared channel.Desk, s *Sender) Desk {
	shared.Prefix = "/rouse "
	return Desk{Desk: shared, Sender: s}
}

// Do gives what the server shows to whoever pressed or wrote, and to nobody else.
func (d Desk) Do(ctx context.Context, content []byte) (any, error) {
	c, err := d.Sender.ReadCall(content)
	if err != nil {
		return nil, err
	}
	who := channel.Person{ID: c.User, Name: c.Name}
	if c.Asked.Deed != "" {
		return map[string]string{"ephemeral_text": plain(d.Press(ctx, c.ID, who, c.Asked))}, nil
	}
	return map[string]string{"response_type": "ephemeral", "text": plain(d.Command(ctx, c.ID, who, c.Words))}, nil
}
