// Package cli holds the commands: a file each. Commands that speak to a server do so over its API.
package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Exit codes: what a script can tell apart.
const (
	ExitFailed  = 1 // it did not work
	ExitUsage   = 2 // the command line or a file is wrong
	ExitRefused = 3 // the server knows us and says no, or does not know us
	ExitAway    = 4 // the server cannot be reached, or is not ready
)

// ExitError carries the exit code that fits an error.
type ExitError struct {
	Code int
	Err  error
}

func (e *ExitError) Error() string { return e.Err.Error() }

// Unwrap gives the error itself.
func (e *ExitError) Unwrap() error { return e.Err }

// ExitCode is the code for an error: 0 for none.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[*ExitError](err); ok {
		return e.Code
	}
	return ExitFailed
}

// Server says which server to speak to; embedded by the commands that do.
type Server struct {
	URL   string `help:"Address of the server." default:"http://localhost:8080" env:"ROUSE_URL"`
	Token string `help:"API token." env:"ROUSE_TOKEN,ROUSE_ADMIN_TOKEN"`
	JSON  bool   `name:"json" help:"Print JSON, for programs."`
}

// problem is an RFC 9457 body.
type problem struct {
	Title  string  `json:"title"`
	Detail string  `json:"detail"`
	Code   string  `json:"code"`
	Errors []wrong `json:"errors"`
}

// wrong is one of several things that are.
type wrong struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (w wrong) words() string {
	text := w.Message
	if w.Field != "" {
		text = w.Field + ": " + text
	}
	if w.File != "" {
		text = fmt.Sprintf("%s:%d: %s", w.File, w.Line, text)
	}
	return text
}

// call sends a request with a JSON body (nil: none) and reads the JSON answer into out (nil: dropped).
func (s Server) call(ctx context.Context, method, path string, body, out any) error {
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(b)
	}
	return s.send(ctx, method, path, "application/json", payload, out)
}

func (s Server) send(ctx context.Context, method, path, contentType string, body io.Reader, out any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(s.URL, "/")+path, body)
	if err != nil {
		return &ExitError{ExitUsage, fmt.Errorf("%q is not an address such as http://localhost:8080", s.URL)}
	}
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if s.Token != "" {
		req.Header.Set("Authorization", "Bearer "+s.Token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return &ExitError{ExitAway, fmt.Errorf("no server answers at %s: %w", s.URL, plain(err))}
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return &ExitError{ExitAway, fmt.Errorf("the answer of %s broke off: %w", s.URL, err)}
	}
	if resp.StatusCode >= 300 {
		return refused(resp.StatusCode, b)
	}
	if out == nil || len(b) == 0 {
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("%s answered something that is not ours: is it a Rouse server?", s.URL)
	}
	return nil
}

func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

func refused(status int, body []byte) error {
	var p problem
	if json.Unmarshal(body, &p) != nil || p.Detail == "" && p.Title == "" {
		p.Detail = strings.TrimSpace(string(body[:min(len(body), 200)]))
	}
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	for _, e := range p.Errors {
		if !strings.Contains(text, e.Message) { // a single one is the detail already
			text += "\n  " + e.words()
		}
	}
	code := ExitFailed
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		code = ExitRefused
	case http.StatusServiceUnavailable:
		code = ExitAway
	}
	if p.Code != "" {
		text += " [" + p.Code + "]"
	}
	return &ExitError{code, errors.New(text)}
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
