package mattermost

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// refused is what the server does not do. Another attempt does not help.
type refused struct {
	status int
	words  string
}

// Error gives the server's words.
func (e *refused) Error() string { return e.words }

// is says whether the server refused by one of these.
func is(err error, statuses ...int) bool {
	r, ok := errors.AsType[*refused](err)
	return ok && slices.Contains(statuses, r.status)
}

// call asks the API. What only reads is never ambiguous.
func (s *Sender) call(ctx context.Context, method, path string, in, out any) error {
	var content []byte
	if in != nil {
		var err error
		if content, err = json.Marshal(in); err != nil {
			return fmt.Errorf("write the request: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, s.cfg.BaseURL+"/api/v4"+path, bytes.NewReader(content))
	if err != nil {
		return errors.New("the Mattermost address is wrong")
	}
	req.Header.Set("Authorization", "Bearer "+s.cfg.Token)
	req.Header.Set("Content-Type", "application/json")
	a, err := channel.Do(s.client, req)
	switch {
	case err == nil && !a.OK():
		err = s.judge(a)
	case err == nil && out != nil && json.Unmarshal(a.Body, out) != nil:
		err = ports.Ambiguous(errors.New("Mattermost's answer cannot be read")) //nolint:staticcheck // a name
	}
	if ports.IsAmbiguous(err) && method == http.MethodGet {
		return ports.Retryable(err, 0)
	}
	return err
}

// judge says what a refusal means. A limit says when it is over in seconds; servers behind others may say Retry-After.
// https://developers.mattermost.com/api-documentation/#rate-limiting
func (s *Sender) judge(a channel.Answer) error {
	var said struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(a.Body, &said) // without words the status says it
	words := fmt.Sprintf("Mattermost answered %d: %s", a.Status, strings.ReplaceAll(cmp.Or(said.Message, "no reason given"), s.cfg.Token, "***"))
	wait := channel.RetryAfter(a.Header, s.cfg.Now())
	if n, err := strconv.Atoi(a.Header.Get("X-Ratelimit-Reset")); err == nil && wait == 0 {
		wait = min(max(time.Duration(n), 0), 900) * time.Second
	}
	if err := channel.ByStatus(errors.New(words), a.Status, wait); again(err) {
		return err
	}
	switch a.Status {
	case http.StatusUnauthorized:
		words += ": the bot's token is wrong, or was revoked"
	case http.StatusForbidden:
		words += ": the bot may not write there; add it to the team and the channel"
	}
	return &refused{a.Status, words}
}

func again(err error) bool {
	_, ok := ports.RetryAfter(err)
	return ok
}

// Check asks the server whether it knows the bot.
func (s *Sender) Check(ctx context.Context) error {
	return s.call(ctx, http.MethodGet, "/users/me", nil, nil)
}
