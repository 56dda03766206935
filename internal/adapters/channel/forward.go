package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// Vendor is to whom incidents are forwarded, each by messages of its own.
type Vendor struct {
	Kind, Label string
	API         string   // what its API is called: "Events API"
	Addresses   []string // where it may be
	Path        string   // below these, which people may write or leave out: "/v2/enqueue"
	Key         string   // what the key is called by which it knows us
	Preview     func(ports.Outgoing) (string, error)
}

// Descriptor describes the channel.
func (v Vendor) Descriptor() ports.ChannelDescriptor {
	address, _ := json.Marshal(map[string]string{"type": "string", "title": v.API, "description": strings.Join(v.Addresses, ", or "), "format": "uri", "pattern": "^https?://"}) // strings can be written
	return ports.ChannelDescriptor{
		Kind: v.Kind, Label: v.Label, Shared: true, Expiry: 24 * time.Hour, Posts: true, Check: v.check, Key: v.Key, KeyMust: true, Address: address, Preview: Shows(v.Preview),
	}
}

func (v Vendor) check(to string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(strings.TrimRight(to, "/"), v.Path))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && (u.Scheme != "http" || !Near(u.Hostname())) {
		return "", errors.New("this is not the address of an " + v.API + ", such as " + v.Addresses[0])
	}
	u.Fragment = ""
	return u.String(), nil
}

// PostJSON sends a document. authorization may be empty. Its errors are Do's.
func PostJSON(ctx context.Context, client *http.Client, to, authorization string, document any) (Answer, error) {
	content, err := json.Marshal(document)
	if err != nil {
		return Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(content))
	if err != nil {
		return Answer{}, errors.New("this is not a web address")
	}
	req.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	return Do(client, req)
}

// RefusedSaying is Refused with what the server said of it, without the key by which it knows us.
func RefusedSaying(who string, a Answer, said, key string, now time.Time) error {
	err := Refused(who, a, now)
	after, again := ports.RetryAfter(err)
	if said = strings.Trim(said, ": \n"); said != "" {
		if key != "" {
			said = strings.ReplaceAll(said, key, "…")
		}
		err = fmt.Errorf("%w: %s", err, said)
	}
	if again {
		return ports.Retryable(err, after)
	}
	return err
}
