package twilio

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	askedFor = 200 // texts in one answer of Twilio's
	maxPages = 20  // answers that are read at once
)

// Came is what Twilio tells when it is asked: for servers that it cannot call.
type Came struct {
	Written  []ports.Written  // texts that came in, oldest first
	Statuses []ports.Standing // of texts that went out
}

// Asks says whether Twilio is to be asked for replies and statuses.
func (s *Sender) Asks() bool { return s.cfg.Replies == RepliesAsked }

// Ask gives what came in and what became of what went out since a moment.
func (s *Sender) Ask(ctx context.Context, since time.Time) (Came, error) {
	var out Came
	// By the day: Twilio knows no finer filter. What is older than asked for is left out here.
	query := "?" + url.Values{"DateSent>": {since.UTC().Format(time.DateOnly)}, "PageSize": {strconv.Itoa(askedFor)}}.Encode()
	for range maxPages {
		page, err := s.page(ctx, query)
		if err != nil {
			return Came{}, err
		}
		old := s.add(&out, page.Messages, since)
		_, next, more := strings.Cut(page.Next, "?")
		if old || !more {
			break
		}
		query = "?" + next
	}
	return out, nil
}

// page is one answer to a question for texts.
type page struct {
	Messages []message `json:"messages"` // newest first
	Next     string    `json:"next_page_uri"`
}

func (s *Sender) page(ctx context.Context, query string) (page, error) {
	req, err := s.request(ctx, http.MethodGet, texts+query, nil)
	if err != nil {
		return page{}, err
	}
	answer, err := channel.Do(s.client, req)
	if err != nil {
		return page{}, err
	}
	if !answer.OK() {
		return page{}, s.refusal(answer)
	}
	var p page
	if err := json.Unmarshal(answer.Body, &p); err != nil {
		return page{}, fmt.Errorf("Twilio's list cannot be read: %w", err) //nolint:staticcheck // a name
	}
	return p, nil
}

// add takes what a page tells; old says that the rest is older than asked for.
func (s *Sender) add(c *Came, list []message, since time.Time) (old bool) {
	for _, m := range list {
		at, err := time.Parse(time.RFC1123Z, m.Created)
		if err != nil {
			continue // what has no date cannot be told from what is old
		}
		if at.Before(since) {
			return true
		}
		if m.Direction == "inbound" {
			if !s.ours(m) {
				continue
			}
			c.Written = append([]ports.Written{{ID: m.SID, From: m.From, Text: m.Body, At: at.UTC()}}, c.Written...)
		} else if st := statusOf(m.Status); st != "" {
			c.Statuses = append(c.Statuses, ports.Standing{ID: m.SID, Status: st, Detail: "Twilio: " + m.Status + codeWords(m.Code, m.Words)})
		}
	}
	return false
}

// ours says whether a text came to where we send from. An account may have other numbers: what comes there is for others,
// and who writes there must not hear of us.
func (s *Sender) ours(m message) bool {
	if strings.HasPrefix(s.cfg.From, "MG") {
		return m.Service == "" || m.Service == s.cfg.From // which number is of the service Twilio need not say
	}
	return m.To == s.cfg.From
}

// Reply sends a text that nobody waits for a receipt of: an answer to somebody's reply.
func (s *Sender) Reply(ctx context.Context, to, words string) error {
	req, err := s.request(ctx, http.MethodPost, texts, s.form(to, words))
	if err != nil {
		return err
	}
	answer, err := channel.Do(s.client, req)
	if err == nil && !answer.OK() {
		err = s.refusal(answer)
	}
	return err
}
