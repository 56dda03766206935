package bench

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// provider is a fake of Twilio's message interface: it accepts every message at once and notes when it came.
type provider struct {
	address string
	server  *http.Server

	mu   sync.Mutex
	came map[string][]time.Time // by receiver, in order
	news chan struct{}          // closed and replaced when something came
}

func startProvider() (*provider, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // returns at once
	if err != nil {
		return nil, fmt.Errorf("start the fake provider: %w", err)
	}
	p := &provider{address: l.Addr().String(), came: map[string][]time.Time{}, news: make(chan struct{})}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

// url is for ROUSE_TWILIO_URL.
func (p *provider) url() string { return "http://ACbench:secret@" + p.address + "?from=%2B15550000000" }

func (p *provider) close() { _ = p.server.Close() }

// ServeHTTP notes and accepts.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/Messages.json") {
		_, _ = fmt.Fprint(w, `{"messages":[]}`)
		return
	}
	to := r.PostFormValue("To")
	p.mu.Lock()
	p.came[to] = append(p.came[to], now)
	n := 0
	for _, c := range p.came {
		n += len(c)
	}
	close(p.news)
	p.news = make(chan struct{})
	p.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"sid":"SM%032x","status":"queued","to":%q,"error_code":null,"error_message":null}`, n, to)
}

// first says when the first message to somebody came; news is closed when there may be more to see.
func (p *provider) first(to string) (at time.Time, ok bool, news <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.came[to]; len(c) > 0 {
		return c[0], true, p.news
	}
	return time.Time{}, false, p.news
}

// counts gives how many have got something, how many messages that was, and when the last of the first came.
func (p *provider) counts() (people, messages int, last time.Time, news <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.came {
		messages += len(c)
		if c[0].After(last) {
			last = c[0]
		}
	}
	return len(p.came), messages, last, p.news
}
