package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// early is how long before its end a token is replaced.
const early = 5 * time.Minute

// tokens are what we are known by at Teams.
// https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
type tokens struct {
	cfg    Config
	client *http.Client
	turn   chan struct{} // holds one while nobody asks; with it, what follows
	value  string
	until  time.Time
}

// get gives a token that is not old, which was refused; "" for none.
func (t *tokens) get(ctx context.Context, old string) (string, error) {
	select {
	case <-t.turn:
	case <-ctx.Done():
		return "", ports.Retryable(errors.New("waiting for a token took too long"), 0)
	}
	defer func() { t.turn <- struct{}{} }()
	if t.value == old {
		t.value = ""
	}
	if t.value != "" && t.cfg.Now().Before(t.until) {
		return t.value, nil
	}
	value, life, err := t.ask(ctx)
	if err != nil {
		return "", err
	}
	t.value, t.until = value, t.cfg.Now().Add(life-early)
	return value, nil
}

// ask is never ambiguous: a token that was made in vain does nothing.
func (t *tokens) ask(ctx context.Context) (value string, life time.Duration, err error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {t.cfg.AppID}, "client_secret": {t.cfg.Secret},
		"scope": {"https://api.botframework.com/.default"},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.cfg.LoginURL+"/"+t.cfg.Tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, errors.New("this is no address of a Teams bot")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := channel.Do(t.client, req)
	if err != nil {
		return "", 0, ports.Retryable(err, 0)
	}
	var said struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"` // seconds
		Error   string `json:"error"`
	}
	unread := json.Unmarshal(a.Body, &said)
	switch {
	case a.Status == http.StatusBadRequest, a.Status == http.StatusUnauthorized:
		return "", 0, fmt.Errorf("no token for this app (%.60s): its id, its secret or the tenant is wrong, or the secret has expired", said.Error)
	case !a.OK():
		err := channel.Refused("the login of Microsoft", a, t.cfg.Now())
		if ports.IsAmbiguous(err) {
			err = ports.Retryable(err, 0) // nothing is posted yet
		}
		return "", 0, err
	case unread != nil || said.Token == "":
		return "", 0, ports.Retryable(errors.New("the login of Microsoft gave no token"), 0)
	}
	return said.Token, time.Duration(said.Expires) * time.Second, nil
}
