package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Call is something that somebody did in Slack: pressed a button, sent a form, wrote a command.
type Call struct {
	ID       string // Slack's: the same where the call comes again
	User     string // id
	Name     string // what they are called
	Channel  string // id
	ReplyURL string // where an answer goes that only they see; "" for a form
	Trigger  string // by which a form can be shown, for 3 s

	Command       string // what they wrote after /rouse; with it there is no deed
	Ask           bool   // they want to write a note
	channel.Asked        // what a button or a form asks for
}

// forgets is how old a request may be: Slack's own advice.
// https://docs.slack.dev/authentication/verifying-requests-from-slack
const forgets = 5 * time.Minute

// ReadCall reads a signed request. ok is false for what asks for nothing.
func (s *Sender) ReadCall(h http.Header, content []byte) (c Call, ok bool, err error) {
	at, err := strconv.ParseInt(h.Get("X-Slack-Request-Timestamp"), 10, 64)
	signature, err2 := hex.DecodeString(strings.TrimPrefix(h.Get("X-Slack-Signature"), "v0="))
	mac := hmac.New(sha256.New, []byte(s.cfg.Secret))
	mac.Write([]byte("v0:" + h.Get("X-Slack-Request-Timestamp") + ":"))
	mac.Write(content)
	switch {
	case s.cfg.Secret == "" || err != nil || err2 != nil || !hmac.Equal(mac.Sum(nil), signature):
		return c, false, fault.Unauthorized("callback.bad_signature", "this is not signed by Slack, or with another secret")
	case s.cfg.Now().Sub(time.Unix(at, 0)).Abs() > forgets:
		return c, false, fault.Unauthorized("callback.bad_signature", "this was signed more than 5 minutes ago, or one of the clocks is wrong")
	}
	form, err := url.ParseQuery(string(content))
	if err != nil {
		return c, false, unreadable()
	}
	if p := form.Get("payload"); p != "" {
		return readInteraction([]byte(p))
	}
	c = Call{
		ID: form.Get("trigger_id"), User: form.Get("user_id"), Name: form.Get("user_name"), Channel: form.Get("channel_id"),
		ReplyURL: form.Get("response_url"), Trigger: form.Get("trigger_id"), Command: strings.TrimSpace(form.Get("text")),
	}
	return c.command(form.Get("command"))
}

func unreadable() error {
	return fault.Invalid("callback.unreadable", "the body cannot be read, or is too large")
}

func (c Call) command(name string) (Call, bool, error) {
	if name == "" || c.User == "" || c.ID == "" {
		return Call{}, false, unreadable()
	}
	if c.Command == "" {
		c.Command = "help"
	}
	return c, true, nil
}

// readCommand reads what Socket Mode brings of a command.
func readCommand(raw []byte) (Call, bool, error) {
	var in slack.SlashCommand
	if json.Unmarshal(raw, &in) != nil {
		return Call{}, false, unreadable()
	}
	c := Call{ID: in.TriggerID, User: in.UserID, Name: in.UserName, Channel: in.ChannelID, ReplyURL: in.ResponseURL, Trigger: in.TriggerID, Command: strings.TrimSpace(in.Text)}
	return c.command(in.Command)
}

// readInteraction reads what was pressed or sent. A button that opens a page asks for nothing.
func readInteraction(raw []byte) (Call, bool, error) {
	var in slack.InteractionCallback
	if json.Unmarshal(raw, &in) != nil || in.User.ID == "" || in.TriggerID == "" {
		return Call{}, false, unreadable()
	}
	c := Call{ID: in.TriggerID, User: in.User.ID, Name: in.User.Name, Channel: in.Channel.ID, ReplyURL: in.ResponseURL, Trigger: in.TriggerID}
	switch {
	case in.Type == slack.InteractionTypeViewSubmission && in.View.CallbackID == "note" && in.View.State != nil:
		number, where, _ := strings.Cut(in.View.PrivateMetadata, " ")
		c.Deed, c.Channel = notification.DeedNote, where
		c.Note = in.View.State.Values["note"]["note"].Value
		return c.about(number)
	case in.Type != slack.InteractionTypeBlockActions || len(in.ActionCallback.BlockActions) == 0:
		return Call{}, false, nil
	}
	a := in.ActionCallback.BlockActions[0]
	if a.ActionID == actMore {
		return c.chosen(a.SelectedOption.Value)
	}
	if !notification.Deed(a.ActionID).Answers() {
		return Call{}, false, nil
	}
	return c.button(a.ActionID + " " + a.Value)
}

// chosen reads an entry of the menu: "snooze 60 4821", "note 4821".
func (c Call) chosen(value string) (Call, bool, error) {
	if number, ok := strings.CutPrefix(value, "note "); ok {
		c.Ask, c.Deed = true, notification.DeedNote
		return c.about(number)
	}
	return c.button(value)
}

func (c Call) button(do string) (Call, bool, error) {
	asked, ok := channel.ReadButton(do)
	if !ok {
		return Call{}, false, unreadable()
	}
	c.Asked = asked
	return c, true, nil
}

func (c Call) about(number string) (Call, bool, error) {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 {
		return Call{}, false, unreadable()
	}
	c.Of = []id.Incident{id.Incident(n)}
	return c, true, nil
}
