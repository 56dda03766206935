package teams

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	issuer   = "https://api.botframework.com"
	skew     = 5 * time.Minute // between Microsoft's clocks and ours
	keysLive = 24 * time.Hour
	askKeys  = time.Minute // not more often because somebody names a key that is not there
)

// keys are those by which Teams signs.
type keys struct {
	cfg    Config
	client *http.Client
	turn   chan struct{} // holds one while nobody asks; with it, what follows
	known  []key
	asked  time.Time
}

type key struct {
	jose.JSONWebKey
	channels []string // for which it may sign
}

func newKeys(cfg Config, client *http.Client) *keys {
	k := &keys{cfg: cfg, client: client, turn: make(chan struct{}, 1)}
	k.turn <- struct{}{}
	return k
}

// verify makes sure that Teams, and nobody else, sent this activity to this bot.
// https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication#step-4-verify-the-jwt-token
func (k *keys) verify(ctx context.Context, h http.Header, a *activity) error {
	wrong := fault.Unauthorized("callback.bad_signature", "this is not signed by Microsoft for this bot, or it is too old, or one of the clocks is wrong")
	raw, ok := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	if !ok {
		return wrong
	}
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(token.Headers) != 1 {
		return wrong
	}
	by, known, err := k.find(ctx, token.Headers[0].KeyID)
	if err != nil {
		return fault.Unavailable(time.Second, "callback.keys", "the keys of Microsoft cannot be read").Because(err)
	}
	if !known || !slices.Contains(by.channels, a.ChannelID) {
		return wrong
	}
	var claims struct {
		jwt.Claims
		ServiceURL string `json:"serviceurl"`
	}
	if token.Claims(by.JSONWebKey, &claims) != nil || claims.Expiry == nil {
		return wrong
	}
	expected := jwt.Expected{Issuer: issuer, AnyAudience: jwt.Audience{k.cfg.AppID}, Time: k.cfg.Now()}
	switch {
	case claims.ValidateWithLeeway(expected, skew) != nil, a.ServiceURL == "" || claims.ServiceURL != a.ServiceURL:
		return wrong
	case a.ChannelID != "msteams" || !strings.EqualFold(a.tenant(), k.cfg.Tenant):
		return fault.Forbidden("callback.tenant", "this bot answers in Microsoft Teams, and in its own tenant only")
	}
	return nil
}

// find gives a key, known false where there is none.
func (k *keys) find(ctx context.Context, kid string) (found key, known bool, err error) {
	select {
	case <-k.turn:
	case <-ctx.Done():
		return found, false, ctx.Err()
	}
	defer func() { k.turn <- struct{}{} }()
	age := k.cfg.Now().Sub(k.asked)
	at := func() int { return slices.IndexFunc(k.known, func(c key) bool { return c.KeyID == kid }) }
	if age >= keysLive || at() < 0 && age >= askKeys {
		fresh, err := k.ask(ctx)
		switch {
		case err == nil:
			k.known, k.asked = fresh, k.cfg.Now()
		case at() < 0: // keys live for long: an old one will do
			return found, false, err
		}
	}
	if i := at(); i >= 0 {
		return k.known[i], true, nil
	}
	return found, false, nil
}

func (k *keys) ask(ctx context.Context) ([]key, error) {
	var meta struct {
		Keys string `json:"jwks_uri"`
	}
	if err := k.read(ctx, k.cfg.MetadataURL, &meta); err != nil {
		return nil, err
	}
	var set struct{ Keys []json.RawMessage }
	if err := k.read(ctx, meta.Keys, &set); err != nil {
		return nil, err
	}
	var out []key
	for _, raw := range set.Keys {
		var c key
		var of struct{ Endorsements []string }
		if json.Unmarshal(raw, &c.JSONWebKey) != nil || json.Unmarshal(raw, &of) != nil || !c.Valid() || !c.IsPublic() {
			continue // of a kind that we do not know: what it signs is refused
		}
		c.channels = of.Endorsements
		out = append(out, c)
	}
	return out, nil
}

func (k *keys) read(ctx context.Context, from string, out any) error {
	if !strings.HasPrefix(from, "https://") && !strings.HasPrefix(from, k.cfg.LoginURL+"/") {
		return errors.New("the keys of Microsoft are at no https address")
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, http.NoBody)
	if err != nil {
		return err
	}
	a, err := channel.Do(k.client, req)
	if err == nil && !a.OK() {
		err = channel.Refused(req.URL.Hostname(), a, k.cfg.Now())
	}
	if err != nil {
		return err
	}
	if json.Unmarshal(a.Body, out) != nil {
		return ports.Retryable(errors.New(req.URL.Hostname()+" gave no JSON"), 0)
	}
	return nil
}
