// Package github keeps an issue for each incident: opens it, keeps it up to date, comments on changes, closes it.
package github

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Sender writes issues. Any number of goroutines may use it.
type Sender struct {
	cfg    Config
	client *http.Client
	app    *ghinstallation.Transport // nil: there is a token of our own
}

var _ ports.Notifier = (*Sender)(nil)

// New gives a sender; it fails where the App's key cannot be read.
func New(cfg Config) (*Sender, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	client := channel.NewClient(&net.Dialer{}, http.ProxyFromEnvironment)
	app, err := cfg.tokens(client)
	return &Sender{cfg: cfg, client: client, app: app}, err
}

// issue is what GitHub has of one.
type issue struct {
	Number int    `json:"number"`
	State  string `json:"state"` // open, closed
	Body   string `json:"body"`
}

// Send makes the incident's issue say what is true now. Whatever is tried again, there is one issue of an incident: it
// is looked for by a mark in its body before it is opened.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	to, err := checkRepo(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	at := repoAt{s, to}
	if m.Purpose == notification.PurposeTest {
		return at.test(ctx)
	}
	it := m.Items[0] // the descriptor says Posts
	number, err := at.find(ctx, it, m.Attempt > 1)
	if err != nil {
		return ports.Receipt{}, err
	}
	if number == 0 {
		if why := unwanted(it, m.Chosen.Options); why != "" {
			return ports.Receipt{Detail: why, Delivered: true}, nil
		}
		return at.open(ctx, m)
	}
	return at.update(ctx, m, number)
}

// unwanted says why an incident that has no issue gets none.
func unwanted(it notification.Item, o map[string]string) string {
	least, _ := alert.ParseSeverity(o[optSeverity]) // checked when it was saved
	switch {
	case it.Status == "resolved":
		return "no issue: it was over before there was one"
	case o[optSeverity] != "" && least.Above(it.Severity):
		return "no issue: its severity is below " + least.String()
	}
	return ""
}

// repoAt is a repository.
type repoAt struct {
	*Sender
	name string
}

// test looks whether issues can be written, and writes none.
func (r repoAt) test(ctx context.Context) (ports.Receipt, error) {
	var has struct {
		Issues bool `json:"has_issues"`
	}
	if err := r.call(ctx, http.MethodGet, "", nil, &has); err != nil {
		return ports.Receipt{}, err
	}
	if !has.Issues {
		return ports.Receipt{}, errors.New("the repository " + r.name + " has no issues: they are switched off")
	}
	return ports.Receipt{Detail: "the repository " + r.name + " is there and has issues; a test opens none", Delivered: true}, nil
}

// find gives the number of the incident's issue, 0 where it has none: the one that is known, unless an attempt to change
// it was refused, else the one with the incident's mark.
func (r repoAt) find(ctx context.Context, it notification.Item, again bool) (int, error) {
	if n, err := strconv.Atoi(it.Post); err == nil && !again {
		return n, nil
	}
	since := it.Since.Add(-time.Minute).UTC().Format(time.RFC3339)
	for page := 1; page <= 10; page++ {
		q := url.Values{"labels": {marker}, "state": {"all"}, "since": {since}, "per_page": {"100"}, "page": {strconv.Itoa(page)}}
		var found []issue
		if err := r.call(ctx, http.MethodGet, "/issues?"+q.Encode(), nil, &found); err != nil {
			return 0, err
		}
		for _, i := range found {
			if strings.Contains(i.Body, mark(it.ID)) {
				return i.Number, nil
			}
		}
		if len(found) < 100 {
			break
		}
	}
	return 0, nil
}

func (r repoAt) open(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	var made issue
	err := r.call(ctx, http.MethodPost, "/issues", map[string]any{"title": title(m), "body": body(m), "labels": labels(m.Chosen.Options)}, &made)
	return r.receipt(made.Number, "opened", err)
}

// update comments before it closes: people read the last comment as the reason.
func (r repoAt) update(ctx context.Context, m ports.Outgoing, number int) (ports.Receipt, error) {
	at := "/issues/" + strconv.Itoa(number)
	if err := r.comment(ctx, m, at); err != nil {
		return ports.Receipt{}, r.gone(err, m.Items[0])
	}
	change := map[string]any{"title": title(m), "body": body(m), "state": "open"}
	did := "updated"
	if m.Items[0].Status == "resolved" {
		change["state"], change["state_reason"], did = "closed", "completed", "closed"
	}
	err := r.call(ctx, http.MethodPatch, at, change, nil)
	return r.receipt(number, did, r.gone(err, m.Items[0]))
}

// gone makes another attempt look for the issue, or open one, where the one that was known was deleted.
func (r repoAt) gone(err error, it notification.Item) error {
	var s *statusError
	if errors.As(err, &s) && (s.status == http.StatusNotFound || s.status == http.StatusGone) && it.Post != "" {
		return ports.Retryable(fmt.Errorf("issue #%s is gone: %w", it.Post, err), time.Second)
	}
	return err
}

// comment says what happened since the last message, once: another attempt looks for it first.
func (r repoAt) comment(ctx context.Context, m ports.Outgoing, at string) error {
	said := comment(m)
	if said == "" {
		return nil
	}
	if m.Attempt > 1 {
		var there []issue
		since := m.CreatedAt.Add(-time.Minute).UTC().Format(time.RFC3339)
		if err := r.call(ctx, http.MethodGet, at+"/comments?per_page=100&since="+url.QueryEscape(since), nil, &there); err != nil {
			return err
		}
		for _, c := range there {
			if strings.Contains(c.Body, mark(string(m.ID))) {
				return nil
			}
		}
	}
	return r.call(ctx, http.MethodPost, at+"/comments", map[string]any{"body": said}, nil)
}

func (r repoAt) receipt(number int, did string, err error) (ports.Receipt, error) {
	if err != nil {
		return ports.Receipt{}, err
	}
	return ports.Receipt{ProviderID: strconv.Itoa(number), Detail: fmt.Sprintf("issue %s#%d %s", r.name, number, did), Delivered: true}, nil
}

// call asks GitHub. What only reads is never ambiguous.
func (r repoAt) call(ctx context.Context, method, path string, in, out any) error {
	var content []byte
	if in != nil {
		var err error
		if content, err = json.Marshal(in); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, r.cfg.BaseURL+"/repos/"+r.name+path, bytes.NewReader(content))
	if err != nil {
		return errors.New("this is not a repository")
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	req.Header.Set("User-Agent", "Rouse")
	token, err := r.token(ctx)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	a, err := channel.Do(r.client, req)
	if ports.IsAmbiguous(err) && method == http.MethodGet {
		return ports.Retryable(err, 0)
	}
	if err != nil {
		return err
	}
	if !a.OK() {
		return r.judge(a, token)
	}
	if out != nil && json.Unmarshal(a.Body, out) != nil {
		err := errors.New("GitHub's answer cannot be read")
		if method == http.MethodGet {
			return ports.Retryable(err, 0)
		}
		return ports.Ambiguous(err)
	}
	return nil
}

// token is our own, or the App's. Where it cannot be had nothing was written: no error of it is Ambiguous, and none says that
// the issue is gone.
func (r repoAt) token(ctx context.Context) (string, error) {
	if r.app == nil {
		return r.cfg.Token, nil
	}
	token, err := r.app.Token(ctx)
	if err == nil {
		return token, nil
	}
	e, ok := errors.AsType[*ghinstallation.HTTPError](err)
	if !ok || e.Response == nil {
		return "", ports.Retryable(errors.New("GitHub, which is to give the App a token, cannot be reached"), 0)
	}
	defer func() { _ = e.Response.Body.Close() }()
	err = r.judge(channel.Answer{Status: e.Response.StatusCode, Header: e.Response.Header}, "")
	if _, again := ports.RetryAfter(err); again {
		return "", err
	}
	return "", fmt.Errorf("GitHub gives the App %d no token for the installation %d (%d): is the key its own, and is it installed?", r.cfg.App, r.cfg.Installation, e.Response.StatusCode)
}

// statusError is a refusal that trying again does not mend.
type statusError struct {
	status int
	words  string
}

func (e *statusError) Error() string { return e.words }

// judge says what a refusal means. GitHub's limits are 403 or 429, with the time to wait in one of two headers; its
// secondary limits say at least Retry-After, or nothing: then a minute.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
func (r repoAt) judge(a channel.Answer, token string) error {
	var said struct{ Message string }
	_ = json.Unmarshal(a.Body, &said) // without words the status says it
	words := fmt.Sprintf("GitHub answered %d to %s: %s", a.Status, r.name, cmp.Or(said.Message, "no reason given"))
	if token != "" {
		words = strings.ReplaceAll(words, token, "…")
	}
	wait := channel.RetryAfter(a.Header, r.cfg.Now())
	left := a.Header.Get("X-RateLimit-Remaining")
	if reset, err := strconv.ParseInt(a.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil && wait == 0 && left == "0" {
		wait = min(max(time.Unix(reset, 0).Sub(r.cfg.Now()), time.Second), 15*time.Minute)
	}
	limited := a.Status == http.StatusTooManyRequests || a.Status == http.StatusForbidden &&
		(wait > 0 || strings.Contains(strings.ToLower(said.Message), "rate limit"))
	switch {
	case limited:
		return ports.Retryable(errors.New(words), cmp.Or(wait, time.Minute))
	case a.Status >= http.StatusInternalServerError, a.Status == http.StatusRequestTimeout:
		return ports.Retryable(errors.New(words), wait)
	case a.Status == http.StatusNotFound:
		words = "GitHub shows us no " + r.name + " (404): it is not there, or the token or App may not see it"
	case a.Status >= http.StatusMultipleChoices && a.Status < http.StatusBadRequest:
		words = fmt.Sprintf("the repository %s was moved (%d): give its new name", r.name, a.Status)
	}
	return &statusError{a.Status, words}
}

// title is one line, as the web shows it.
func title(m ports.Outgoing) string {
	i := text.Webhook(text.Input(m)).Incidents[0]
	return fmt.Sprintf("%s: %s (#%d in Rouse)", i.Service, i.Title, i.Number)
}
