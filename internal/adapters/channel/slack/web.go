package slack

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// web sends the library's requests by our client, whose errors say what they mean for another attempt.
type web struct {
	client *http.Client
	now    func() time.Time
}

var errUnread = errors.New("the answer of Slack cannot be read")

// refused is an answer that is none of Slack's own.
type refused struct{ error }

// Do answers as http.Client does.
func (w web) Do(req *http.Request) (*http.Response, error) {
	a, err := channel.Do(w.client, req)
	if err != nil {
		return nil, err
	}
	if !a.OK() {
		return nil, &refused{channel.Refused("Slack", a, w.now())}
	}
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: a.Header, Body: io.NopCloser(bytes.NewReader(a.Body)), Request: req}, nil
}

// answered is an answer that is no success.
type answered struct{ word, words string }

func (e *answered) Error() string { return e.words }

func (e *refused) Unwrap() error { return e.error }

// judge says what an error means. Slack answers 200 with ok false and a word.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
func (s *Sender) judge(err error) error {
	if err == nil {
		return nil
	}
	var said slack.SlackErrorResponse
	if !errors.As(err, &said) {
		if _, ok := ports.RetryAfter(err); ok {
			return err
		}
		if r, ok := errors.AsType[*refused](err); ok {
			return r.error
		}
		return ports.Ambiguous(errUnread)
	}
	err = &answered{said.Err, "Slack: " + s.hide(explained(said))}
	switch said.Err {
	case "fatal_error": // "some aspect of the operation may have succeeded"
		return ports.Ambiguous(err)
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return ports.Retryable(err, time.Minute)
	case "internal_error", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited":
		return ports.Retryable(err, 0)
	}
	return err
}

// reading judges what only read: it is never ambiguous.
func (s *Sender) reading(err error) error {
	if err = s.judge(err); ports.IsAmbiguous(err) {
		return ports.Retryable(err, 0)
	}
	return err
}

// hide takes our secrets out of foreign words.
func (s *Sender) hide(words string) string {
	for _, secret := range []string{*s.token.Load(), s.cfg.AppToken, s.cfg.ClientSecret, s.cfg.Secret} {
		if secret != "" {
			words = strings.ReplaceAll(words, secret, "…")
		}
	}
	return words
}

// explained says what to do about an error, where somebody can.
func explained(said slack.SlackErrorResponse) string {
	help := map[string]string{
		"channel_not_found": "there is no such channel, or it is private and the bot is not in it",
		"not_in_channel":    "the bot is not in the channel: /invite it there",
		"is_archived":       "the channel is archived",
		"users_not_found":   "nobody has this address in Slack",
		"user_not_found":    "there is no such member",
		"invalid_auth":      "the token is wrong",
		"not_authed":        "there is no token",
		"token_revoked":     "the token was revoked: install the app again",
		"account_inactive":  "the token's app was removed from the workspace",
		"missing_scope":     "the app lacks the right " + said.Needed + ": add it, and install the app again",
	}[said.Err]
	if help == "" {
		return cmp.Or(said.Err, "no reason given")
	}
	return help + " (" + said.Err + ")"
}
