package slack

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/slack-go/slack"
)

// scopes are the rights of the bot.
const scopes = "chat:write,chat:write.public,commands,users:read,users:read.email,im:write,channels:read,groups:read,channels:history,groups:history,im:history"

// Installs says whether the app is to be installed: it has no token of its own.
func (s *Sender) Installs() bool { return s.cfg.ClientID != "" }

// InstallURL is where Slack asks whether the app may be installed; it leads back with the state.
func (s *Sender) InstallURL(state, back string) string {
	q := url.Values{"client_id": {s.cfg.ClientID}, "scope": {scopes}, "state": {state}, "redirect_uri": {back}}
	return strings.TrimSuffix(s.cfg.BaseURL, "api/") + "oauth/v2/authorize?" + q.Encode()
}

// Exchange gives the token for the code by which Slack led back, and the workspace's name.
func (s *Sender) Exchange(ctx context.Context, code, back string) (token, team string, err error) {
	out, err := slack.GetOAuthV2ResponseContext(ctx, s.web, s.cfg.ClientID, s.cfg.ClientSecret, code, back, slack.OAuthOptionAPIURL(s.cfg.BaseURL))
	if err != nil {
		return "", "", s.judge(err)
	}
	if out.AccessToken == "" || out.RefreshToken != "" {
		return "", "", errors.New("no lasting token came from Slack: switch off token rotation for the app")
	}
	return out.AccessToken, out.Team.Name, nil
}
