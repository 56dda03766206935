// Package alertmanager reads Alertmanagers and silences alerts there, by their API v2:
// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
package alertmanager

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// maxAnswer is how much of an answer is read: 50,000 alerts are about 40 MB.
const maxAnswer = 64 << 20

// Client asks any number of Alertmanagers.
type Client struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu      sync.Mutex
	clients map[string]*http.Client // by whom they trust
}

var _ ports.Alertmanagers = (*Client)(nil)

// New makes one that connects by dial, which says where it may.
func New(dial func(ctx context.Context, network, address string) (net.Conn, error)) *Client {
	return &Client{dial: dial, clients: map[string]*http.Client{}}
}

// client follows no redirect: the login is for the address that was chosen. Nor does it use a proxy, which would look up
// and dial past the check of where it may go.
func (c *Client) client(ca string) *http.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.clients[ca]; known != nil {
		return known
	}
	t := &http.Transport{DialContext: c.dial, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: 90 * time.Second}
	if ca != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		pool.AppendCertsFromPEM([]byte(ca))
		t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	made := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.clients[ca] = made
	return made
}

// ask sends a request, and reads the answer where into is not nil. at is when it was answered by the clock there; zero where
// that is not said.
func (c *Client) ask(ctx context.Context, in *directory.Integration, method, base, path string, body, into any) (at time.Time, err error) {
	u, err := url.Parse(base)
	if err != nil {
		return at, errors.New("its address cannot be read")
	}
	var content io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return at, err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.JoinPath("api/v2", path).String(), content)
	if err != nil {
		return at, errors.New("its address cannot be read")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	logIn(req, in.API.Login)
	res, err := c.client(in.API.CA).Do(req) // dial says where it may go
	if err != nil {
		return at, fmt.Errorf("%s cannot be reached: %s", u.Host, words(ctx, err))
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return at, fmt.Errorf("%s answered %d%s", u.Host, res.StatusCode, hint(res.StatusCode))
	}
	at, _ = http.ParseTime(res.Header.Get("Date")) // RFC 9110, 6.6.1: a server without a clock sends none
	if into == nil {
		return at, nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(into); err != nil {
		return at, fmt.Errorf("%s answered what is not of an Alertmanager's API: %s", u.Host, words(ctx, err))
	}
	return at, nil
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return "it"
	}
	return u.Host
}

func logIn(req *http.Request, login string) {
	user, password, basic := strings.Cut(login, ":")
	switch {
	case login == "":
	case basic:
		req.SetBasicAuth(user, password)
	default:
		req.Header.Set("Authorization", "Bearer "+login)
	}
}

func hint(status int) string {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ": its login is not right"
	case status == http.StatusNotFound:
		return ": there is no Alertmanager's API v2 at that address"
	case status >= 300 && status < 400:
		return ": give the address that it redirects to"
	}
	return ""
}

// words say what went wrong without the address, which net/http puts into its errors.
func words(ctx context.Context, err error) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "time ran out"
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if strings.Contains(err.Error(), "malformed") { // net/http quotes what was answered
		return "what answers there speaks no HTTP"
	}
	return err.Error()
}
