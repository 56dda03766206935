package teams

import (
	"bytes"
	"cmp"
	"context"
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

// Bot posts cards, edits them, and reads what Teams tells it. Any number of goroutines may use it.
type Bot struct {
	cfg    Config
	client *http.Client
	tokens *tokens
	keys   *keys
}

var _ ports.Notifier = (*Bot)(nil)

// NewBot gives one.
func NewBot(cfg Config) *Bot {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	client := channel.NewClient(&net.Dialer{}, http.ProxyFromEnvironment)
	b := &Bot{cfg: cfg, client: client, tokens: &tokens{cfg: cfg, client: client, turn: make(chan struct{}, 1)}, keys: newKeys(cfg, client)}
	b.tokens.turn <- struct{}{}
	return b
}

// Check asks whether Microsoft knows the app.
func (b *Bot) Check(ctx context.Context) error {
	_, err := b.tokens.get(ctx, "")
	return err
}

// Send posts a card, or makes the one that is there say what is true now. Where somebody is to answer it also writes below
// the card, since an edit tells nobody. Teams cannot be asked for what a bot has posted: an attempt after one of which
// nothing is known may post again, and says so.
func (b *Bot) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	to, err := checkConversation(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	content, err := message(text.Input(m), true)
	if err != nil {
		return ports.Receipt{}, fmt.Errorf("write the card: %w", err)
	}
	if m.Purpose == notification.PurposeTest || len(m.Items) == 0 {
		return b.post(ctx, to, content)
	}
	where, card, known := strings.Cut(m.Items[0].Post, " ") // the descriptor says Posts
	if !known {
		return b.post(ctx, to, content)
	}
	_, err = b.call(ctx, http.MethodPut, activities(where)+"/"+url.PathEscape(card), content)
	var s *statusError
	// 412 is said of two changes at once, and of what was deleted: what is refused again was deleted.
	if errors.As(err, &s) && (s.status == http.StatusNotFound || s.status == http.StatusPreconditionFailed && m.Attempt > 1) {
		return b.post(ctx, to, content)
	}
	switch {
	case ports.IsAmbiguous(err): // the same edit again changes nothing
		return ports.Receipt{}, ports.Retryable(err, 0)
	case err != nil:
		return ports.Receipt{}, err
	}
	if m.Purpose == notification.PurposePage {
		i := text.Webhook(text.Input(m)).Incidents[0]
		if err := b.Say(ctx, where+";messageid="+card, fmt.Sprintf("Please answer: %s · %s", i.Why, text.Line(text.Input(m)))); err != nil {
			return ports.Receipt{}, err
		}
	}
	return receipt(where, card, "edited"), nil
}

func (b *Bot) post(ctx context.Context, to string, content []byte) (ports.Receipt, error) {
	card, err := b.call(ctx, http.MethodPost, activities(to), content)
	if err != nil {
		return ports.Receipt{}, err
	}
	return receipt(to, card, "posted"), nil
}

func receipt(where, card, did string) ports.Receipt {
	return ports.Receipt{ProviderID: where + " " + card, Detail: "Teams: " + did + " in " + where, Delivered: true}
}

// Say writes a text in a conversation.
func (b *Bot) Say(ctx context.Context, where, words string) error {
	content, err := json.Marshal(object{"type": "message", "textFormat": "plain", "text": words})
	if err != nil {
		return err
	}
	_, err = b.call(ctx, http.MethodPost, activities(where), content)
	return err
}

func activities(where string) string {
	return "/v3/conversations/" + url.PathEscape(where) + "/activities"
}

// call sends an activity and gives its id.
func (b *Bot) call(ctx context.Context, method, path string, content []byte) (activity string, err error) {
	a, err := b.ask(ctx, method, path, content)
	if err != nil {
		return "", err
	}
	var made struct{ ID string }
	if json.Unmarshal(a.Body, &made) != nil || made.ID == "" && method == http.MethodPost {
		return "", ports.Ambiguous(errors.New("the answer of Teams cannot be read"))
	}
	return made.ID, nil
}

// ask makes a request of the connector. A token that is refused is replaced once.
// https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
func (b *Bot) ask(ctx context.Context, method, path string, content []byte) (channel.Answer, error) {
	old := ""
	for {
		token, err := b.tokens.get(ctx, old)
		if err != nil {
			return channel.Answer{}, err
		}
		req, err := http.NewRequestWithContext(ctx, method, b.cfg.ServiceURL+path, bytes.NewReader(content))
		if err != nil {
			return channel.Answer{}, errors.New("this is no conversation")
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token)
		a, err := channel.Do(b.client, req)
		switch {
		case err != nil:
			return channel.Answer{}, err
		case a.Status == http.StatusUnauthorized && old == "":
			old = token
			continue
		case !a.OK():
			return channel.Answer{}, b.judge(a, token)
		}
		return a, nil
	}
}

// statusError is a refusal with its status.
type statusError struct {
	status int
	words  string
}

func (e *statusError) Error() string { return e.words }

// judge says what a refusal means.
// https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/conversation-messages#status-codes-from-bot-conversational-apis
func (b *Bot) judge(a channel.Answer, token string) error {
	var said struct {
		Error struct{ Code, Message string }
	}
	_ = json.Unmarshal(a.Body, &said) // without words the status says it
	help := map[string]string{
		"BotNotInConversationRoster": "the bot is not in the team: add the app to it",
		"ConversationNotFound":       "there is no such channel, or the bot is not in its team",
		"BotDisabledByAdmin":         "an admin of Teams has switched the app off",
		"MessageSizeTooBig":          "the message is too large",
	}[said.Error.Code]
	words := fmt.Sprintf("Teams answered %d: %s", a.Status, cmp.Or(help, said.Error.Message, said.Error.Code, "no reason given"))
	words = strings.NewReplacer(token, "…", b.cfg.Secret, "…").Replace(words)
	err := &statusError{a.Status, words}
	if again := channel.Refused("Teams", a, b.cfg.Now()); a.Status == http.StatusPreconditionFailed {
		return ports.Retryable(err, 0)
	} else if ports.IsAmbiguous(again) {
		return ports.Ambiguous(err)
	} else if after, ok := ports.RetryAfter(again); ok {
		return ports.Retryable(err, after)
	}
	return err
}
