// Package channel holds what the channels that speak HTTP share: a client, templates that people write, and what
// an answer or its absence means for another attempt. Each channel is a folder of its own.
package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	maxAnswer   = 256 << 10        // bytes of an answer that are read
	maxAsked    = 15 * time.Minute // the longest wait that a provider may ask for
	connections = 32               // kept open to one host
	idle        = 30 * time.Second // shorter than what servers commonly allow: a POST on a closing connection is ambiguous
)

// DialTimeout leaves time to ask another provider where one cannot be connected to.
const DialTimeout = 4 * time.Second

// NewClient gives a client that follows no redirect and leaves the time to the request's context. dial is how
// it connects; proxy, where not nil, is what chooses one.
func NewClient(dial *net.Dialer, proxy func(*http.Request) (*url.URL, error)) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dial.DialContext, Proxy: proxy, ForceAttemptHTTP2: true,
			MaxIdleConns: 4 * connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: idle,
			MaxResponseHeaderBytes: maxAnswer,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Answer is what a server answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // the first 256 KiB
}

// OK says whether the server did what it was asked.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Do sends a request. Without an answer the error is Retryable where the request cannot have reached the
// server, and Ambiguous where it may have. No error names the URL, which may be a secret.
func Do(client *http.Client, req *http.Request) (Answer, error) {
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	res, err := client.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace))) //nolint:gosec // whoever made the client says where it may go
	if err != nil {
		if connected.Load() {
			return Answer{}, ports.Ambiguous(fmt.Errorf("%s did not answer: %s", req.URL.Hostname(), words(req.Context(), err)))
		}
		if blocked, ok := errors.AsType[*BlockedError](err); ok {
			return Answer{}, blocked
		}
		return Answer{}, ports.Retryable(fmt.Errorf("%s cannot be reached: %s", req.URL.Hostname(), words(req.Context(), err)), 0)
	}
	defer func() { _ = res.Body.Close() }()
	// The status has said it: a body that breaks off changes nothing.
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return Answer{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// Refused says what an answer without success means: whether another attempt may help, and when.
func Refused(who string, a Answer, now time.Time) error {
	err := fmt.Errorf("%s answered %d", who, a.Status)
	if a.Status >= http.StatusMultipleChoices && a.Status < http.StatusBadRequest {
		return fmt.Errorf("%s redirects (%d): give the address that it redirects to", who, a.Status)
	}
	return ByStatus(err, a.Status, RetryAfter(a.Header, now))
}

// ByStatus makes of a refusal what its status says: that the server is busy, and has not taken it; or that something went
// wrong behind its front door, perhaps after it was taken. Others are final, and err as it is.
func ByStatus(err error, status int, after time.Duration) error {
	switch {
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return ports.Retryable(err, after)
	case status >= http.StatusInternalServerError:
		return ports.Ambiguous(err)
	}
	return err
}

// BlockedError says that an address must not be connected to. It is final.
type BlockedError struct{ Words string }

// Error gives the words.
func (e *BlockedError) Error() string { return e.Words }

// words says what went wrong without the URL that net/http puts into its errors. The text is not wrapped:
// a deadline that ran out while connecting does not make the outcome unknown.
func words(ctx context.Context, err error) string {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "time ran out"
	case ctx.Err() != nil:
		return "stopped"
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return err.Error()
}

// RetryAfter reads how long a server asks to wait, in seconds or as a date; 0: it does not say. It is at most 15 min.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil {
		return min(max(time.Duration(n), 0), maxAsked/time.Second) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return min(max(t.Sub(now), 0), maxAsked)
	}
	return 0
}
