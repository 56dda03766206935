package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"sync/atomic"
	"time"
)

// payload is what the bare handler decodes: all that a receiver of such alerts has to look at.
type payload struct {
	Receiver string `json:"receiver"`
	Status   string `json:"status"`
	GroupKey string `json:"groupKey"`
	Alerts   []struct {
		Status       string            `json:"status"`
		Labels       map[string]string `json:"labels"`
		Annotations  map[string]string `json:"annotations"`
		StartsAt     time.Time         `json:"startsAt"`
		EndsAt       time.Time         `json:"endsAt"`
		GeneratorURL string            `json:"generatorURL"`
		Fingerprint  string            `json:"fingerprint"`
	} `json:"alerts"`
	TruncatedAlerts int `json:"truncatedAlerts"`
}

// serveBare is the limit of HTTP on this machine: decode the body, answer as long as the real one does, store
// nothing. It ends with ctx and when standard input ends, so that it never outlives its starter.
func serveBare(ctx context.Context, addr string, in io.Reader) error {
	s := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p payload
		if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		b := fmt.Appendf(nil, `{"received":%d,"results":[`, len(p.Alerts))
		for _, a := range p.Alerts {
			b = append(b, `{"fingerprint":"`...)
			b = append(b, a.Fingerprint...)
			b = append(b, `","outcome":"joined","incident":"1234"},`...)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(append(b, "]}\n"...))
	})}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	context.AfterFunc(ctx, func() { _ = s.Close() })
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// bareLimit gives the alerts/s that the bare handler takes in requests of that many alerts, with the same load
// generator beside it. It is measured once.
func (r *run) bareLimit(ctx context.Context, alerts int) (Limit, error) {
	name := fmt.Sprintf("bare handler (%d per request)", alerts)
	if v, ok := r.bare[alerts]; ok {
		return Limit{name, v}, nil
	}
	addr, err := freeAddress()
	if err != nil {
		return Limit{}, err
	}
	cmd := exec.CommandContext(ctx, r.Binary, "bench", "--bare-handler", addr)
	leash, err := cmd.StdinPipe()
	if err != nil {
		return Limit{}, err
	}
	if err := cmd.Start(); err != nil {
		return Limit{}, fmt.Errorf("start the bare handler: %w", err)
	}
	defer func() {
		_ = leash.Close() // ends it
		_ = cmd.Wait()
	}()
	if err := awaitListener(ctx, addr); err != nil {
		return Limit{}, fmt.Errorf("start the bare handler: %w", err)
	}
	v, err := bareRate(ctx, addr, alerts, quickly(r, 3*time.Second, time.Second))
	r.bare[alerts] = v
	return Limit{name, v}, err
}

func bareRate(ctx context.Context, addr string, alerts int, window time.Duration) (float64, error) {
	l := &load{addr: addr, sources: sources(addr, connections, alerts, fresh(new(atomic.Uint64), 100))}
	return l.rate(ctx, window/3, window)
}

// awaitListener returns when something listens there.
func awaitListener(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			return c.Close()
		}
		if !pause(ctx, 5*time.Millisecond) {
			return err
		}
	}
}

// freeAddress gives a loopback address that was free a moment ago.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // returns at once
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
