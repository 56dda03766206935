package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Check is one thing that must work before requests should come here.
type Check struct {
	Name string
	// Do gives the state in words, and whether it is good enough to be ready. It must be quick. Everybody may
	// read the words: no causes, addresses or names in them.
	Do func(ctx context.Context) (words string, ok bool)
	// Advisory: where it is not good, people must look, and requests should come here all the same.
	Advisory bool
}

// remembered makes a check look at most once a second, for all who ask together: /ready is open to everybody.
func remembered(c Check) Check {
	var mu sync.Mutex
	var words string
	var ok bool
	var at time.Time
	return Check{Name: c.Name, Advisory: c.Advisory, Do: func(ctx context.Context) (string, bool) {
		mu.Lock()
		defer mu.Unlock()
		if at.IsZero() || time.Since(at) >= time.Second {
			// Whoever asked first may go away: the others want to know, too.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
			defer cancel()
			words, ok = c.Do(ctx)
			at = time.Now()
		}
		return words, ok
	}}
}

// health says that the process lives. It looks at nothing: a database that is away must not get us restarted.
func (s *server) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

type checkBody struct {
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// ready says whether everything that we stand on works, part by part, and what else people must look at.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	results := make([]checkBody, len(s.d.Checks))
	var wg sync.WaitGroup
	for i, c := range s.d.Checks {
		wg.Go(func() {
			words, ok := c.Do(r.Context())
			results[i] = checkBody{OK: ok, Detail: words}
		})
	}
	wg.Wait()
	out := struct {
		Status string               `json:"status"`
		Checks map[string]checkBody `json:"checks"`
	}{"ready", map[string]checkBody{}}
	st := http.StatusOK
	for i, c := range s.d.Checks {
		out.Checks[c.Name] = results[i]
		switch {
		case results[i].OK:
		case !c.Advisory:
			out.Status, st = "not ready", http.StatusServiceUnavailable
		case st == http.StatusOK:
			out.Status = "ready, but not well"
		}
	}
	writeJSON(w, st, out)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone: nobody is left to tell
}

// MetricsFor says who may read the metrics. Whoever has a token or a session may in any case.
type MetricsFor string

// The choices.
const (
	MetricsLoopback MetricsFor = "loopback" // this machine: the default
	MetricsToken    MetricsFor = "token"
	MetricsPublic   MetricsFor = "public"
)

func (s *server) metrics(w http.ResponseWriter, r *http.Request) {
	if s.d.Metrics == nil {
		s.fail(w, r, fault.NotFound("route", r.URL.Path))
		return
	}
	if !s.metricsOpen(r) {
		by, err := s.who(r)
		if err == nil {
			err = by.Require(directory.Viewer)
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
	}
	s.d.Metrics.ServeHTTP(w, r)
}

func (s *server) metricsOpen(r *http.Request) bool {
	switch s.d.Config.MetricsFor {
	case MetricsPublic:
		return true
	case MetricsToken:
		return false
	case MetricsLoopback, "":
	}
	// Somebody behind a proxy on this machine is not on this machine.
	return r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == "" && peer(r).IsLoopback()
}
