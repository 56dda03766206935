package telegram

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// answer is what every method answers.
// https://core.telegram.org/bots/api#making-requests
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`        // seconds
		MigrateTo  int64 `json:"migrate_to_chat_id"` // a group that became a supergroup
	} `json:"parameters"`
}

// refused is what Telegram does not do. Another attempt does not help.
type refused struct {
	answer
	words string
}

// Error gives Telegram's words.
func (e *refused) Error() string { return e.words }

// says whether Telegram refused with such words.
func says(err error, words ...string) bool {
	r, ok := errors.AsType[*refused](err)
	if !ok {
		return false
	}
	for _, w := range words {
		if strings.Contains(strings.ToLower(r.Description), w) {
			return true
		}
	}
	return false
}

// call asks for one method. The token is in its address, so no error may name that.
func (s *Sender) call(ctx context.Context, method string, in, out any) error {
	content, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.BaseURL+"/bot"+s.cfg.Token+"/"+method, bytes.NewReader(content))
	if err != nil {
		return errors.New("the Telegram address is wrong")
	}
	req.Header.Set("Content-Type", "application/json")
	a, err := channel.Do(s.client, req)
	if err != nil {
		return err
	}
	var said answer
	readable := json.Unmarshal(a.Body, &said) == nil
	switch {
	case readable && said.OK && (out == nil || json.Unmarshal(said.Result, out) == nil):
		return nil
	case a.OK():
		return ports.Ambiguous(errors.New("Telegram's answer cannot be read")) //nolint:staticcheck // a name
	}
	return s.judge(a, said)
}

// judge says what a refusal means.
func (s *Sender) judge(a channel.Answer, said answer) error {
	words := fmt.Sprintf("Telegram answered %d: %s", a.Status, strings.ReplaceAll(cmp.Or(said.Description, "no reason given"), s.cfg.Token, "***"))
	wait := min(max(time.Duration(said.Parameters.RetryAfter), 0), 900) * time.Second
	err := channel.ByStatus(errors.New(words), a.Status, cmp.Or(wait, channel.RetryAfter(a.Header, s.cfg.Now())))
	if _, again := ports.RetryAfter(err); again {
		return err
	}
	if a.Status == http.StatusUnauthorized || a.Status == http.StatusNotFound {
		words += ": the bot's token is wrong, or was revoked"
	}
	return &refused{said, words}
}

// reading makes what only asks never ambiguous.
func reading(err error) error {
	if ports.IsAmbiguous(err) {
		return ports.Retryable(err, 0)
	}
	return err
}

// Check asks Telegram whether it knows the bot.
func (s *Sender) Check(ctx context.Context) error {
	return reading(s.call(ctx, "getMe", struct{}{}, nil))
}
