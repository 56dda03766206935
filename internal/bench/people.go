package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"
)

// password is the one admin's.
const password = "a long password for a short life"

// setupLink gives the secret of the link that a server without an admin prints, a moment after it is ready.
func (s *server) setupLink(ctx context.Context) (string, error) {
	link := regexp.MustCompile(`rouse_setup_[0-9A-Za-z]+`)
	for range 200 {
		if secret := link.FindString(s.log()); secret != "" {
			return secret, nil
		}
		pause(ctx, 10*time.Millisecond)
	}
	return "", errors.New("the server printed no setup link")
}

// signIn sets up the first admin, and then signs in as people do. It gives the session's cookie.
func (s *server) signIn(ctx context.Context) (*http.Cookie, error) {
	token, err := s.setupLink(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.ask(ctx, "/api/v1/setup", nil, map[string]any{"token": token, "email": email(0), "name": "Bench", "password": password}); err != nil {
		return nil, err
	}
	cookies, err := s.ask(ctx, "/api/v1/session", nil, map[string]any{"email": email(0), "password": password})
	if err == nil && len(cookies) == 0 {
		err = errors.New("signing in gave no cookie")
	}
	if err != nil {
		return nil, err
	}
	return cookies[0], nil
}

// ask posts JSON as a browser would and gives the cookies that it got.
func (s *server) ask(ctx context.Context, path string, session *http.Cookie, body any) ([]*http.Cookie, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+path, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if session != nil {
		req.AddCookie(session)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("POST %s answers %d: %.500s", path, res.StatusCode, text)
	}
	return res.Cookies(), err
}

// anIncident is what the bench reads of one.
type anIncident struct {
	ID     string `json:"id"`
	Number int64  `json:"number"`
}

// incidents gives those of the benched services, 200 at most.
func (s *server) incidents(ctx context.Context) ([]anIncident, error) {
	body, err := once(ctx, s.addr, get(s.addr, "/incidents?limit=200", adminToken))
	if err != nil {
		return nil, err
	}
	var page struct {
		Incidents []anIncident `json:"incidents"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, fmt.Errorf("GET /incidents: %w", err)
	}
	return page.Incidents, nil
}

// pages gives how often somebody was paged for an incident.
func (s *server) pages(ctx context.Context, i anIncident) (int, error) {
	body, err := once(ctx, s.addr, get(s.addr, "/api/v1/incidents/"+i.ID+"/timeline", adminToken))
	if err != nil {
		return 0, err
	}
	var story struct {
		Entries []struct {
			Kind string `json:"kind"`
		} `json:"entries"`
	}
	if err := json.Unmarshal(body, &story); err != nil {
		return 0, fmt.Errorf("the timeline of %s: %w", i.ID, err)
	}
	n := 0
	for _, e := range story.Entries {
		if e.Kind == "paged" {
			n++
		}
	}
	if n == 0 {
		return 0, fmt.Errorf("the timeline of %s tells of no page: %.500s", i.ID, body)
	}
	return n, nil
}
