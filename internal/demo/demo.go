// Package demo is the whole product for people who want to see it: a server on a temporary database, a small
// organisation with a past, alerts that come and go, and the mailbox of everybody.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rouse-oncall/rouse/internal/wire"
)

// Config says how the demonstration is.
type Config struct {
	Listen  string
	Mailbox string
	Seed    uint64
	Weeks   int     // of past
	Pace    float64 // 1: something new about every half minute
	Version string
}

// stopWithin is how long the end may take.
const stopWithin = 20 * time.Second

// Run shows it until ctx ends, and leaves nothing behind.
func Run(ctx context.Context, cfg Config, out io.Writer, log *slog.Logger) (err error) {
	if cfg.Weeks < 0 || cfg.Weeks > 60 || !(cfg.Pace > 0) || cfg.Pace > 1000 {
		return errors.New("weeks must be from 0 to 60, pace above 0 and at most 1000")
	}
	folder, err := os.MkdirTemp("", "rouse-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	clock := &clock{at: time.Now().Add(-time.Duration(cfg.Weeks) * week)}
	front, err := free(ctx, cfg.Mailbox)
	if err != nil {
		return err
	}
	box, err := openMailbox(ctx, front, clock.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	listen, err := free(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	token := rand.Text()
	app, err := wire.New(ctx, wire.Config{
		Listen: listen, PublicURL: "http://" + local(listen), Demo: "http://" + local(front), DatabaseURL: "sqlite:" + filepath.Join(folder, "rouse.db"),
		SMTPURL: box.url(), AdminToken: token, Metrics: "loopback", IntakeRate: 1e6, IntakeBurst: 1e6,
	}, cfg.Version, log, wire.WithClock(clock))
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		err = errors.Join(err, app.Stop(ctx))
	}()
	s := &show{cfg: cfg, app: app, clock: clock, out: out, log: log, life: &life{
		rng: mathrand.New(mathrand.NewPCG(cfg.Seed, 0)), fires: map[string]bool{}, quick: 1, week: weeksSince(clock.Now()),
		house: &house{
			http: newClient(inside{app.Handler()}), url: app.Config.PublicURL, admin: token, key: rand.Text() + "000000",
			tokens: map[string]string{},
		},
	}}
	err = s.run(ctx)
	if ctx.Err() != nil {
		return nil // it was ended: what was under way does not matter
	}
	return err
}

func newClient(by http.RoundTripper) *http.Client {
	return &http.Client{Transport: by, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

const week = 7 * 24 * time.Hour

func weeksSince(start time.Time) func(time.Time) int {
	return func(t time.Time) int { return int(t.Sub(start) / week) }
}

// free gives an address that can be listened on: the one that is wanted, or where that is taken another port.
func free(ctx context.Context, addr string) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		host, _, _ := net.SplitHostPort(addr)
		l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// local is how a browser on this machine reaches an address.
func local(addr string) string {
	host, port, _ := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); host == "" || ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		return "localhost:" + port
	}
	return addr
}

// show is one demonstration that runs.
type show struct {
	cfg   Config
	app   *wire.App
	clock *clock
	life  *life
	out   io.Writer
	log   *slog.Logger
}

func (s *show) run(ctx context.Context) error {
	h := s.life.house
	if err := h.apply(ctx, 0); err != nil {
		return err
	}
	for _, t := range teams {
		for _, who := range t.people {
			link, err := s.app.SignInLink(ctx, who)
			if err == nil {
				err = h.join(ctx, who, link)
			}
			if err != nil {
				return err
			}
		}
	}
	if err := s.past(ctx); err != nil {
		return err
	}
	s.clock.letGo()
	if err := s.app.Start(ctx); err != nil {
		return err
	}
	h.http.Transport = http.DefaultTransport
	link, err := s.app.SignInLink(ctx, admin)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(s.out, `Rouse       %s
Sign in     %s
            as Ana Ruiz, who is an admin; the link works once
Mailbox     %s
            every email that anybody gets

All of it is made up. ^C ends it, and nothing is left.
`, s.app.Config.PublicURL, link, s.app.Config.Demo)
	s.present(ctx)
	return nil
}

// past lives the weeks until now: everything at its moment, by the product itself.
func (s *show) past(ctx context.Context) error {
	began, start := time.Now(), s.clock.Now()
	s.life.plan(start, began)
	_, _ = fmt.Fprintf(s.out, "Living %d weeks of an organisation that does not exist…\n", s.cfg.Weeks)
	for ctx.Err() == nil {
		if err := s.app.Settle(ctx); err != nil {
			return err
		}
		due, err := s.app.NextDue(ctx)
		if err != nil {
			return err
		}
		next, now := s.life.next(), time.Now()
		if next.IsZero() || !due.IsZero() && due.Before(next) {
			next = due
		}
		if next.IsZero() || next.After(now) {
			s.clock.set(now)
			return s.app.Settle(ctx)
		}
		s.clock.set(next)
		if err := s.life.step(ctx, next); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// present goes on in earnest, but for its pace: troubles last minutes.
func (s *show) present(ctx context.Context) {
	l := s.life
	l.quick = 8 * s.cfg.Pace
	s.opening(time.Now())
	more := time.Duration(float64(25*time.Second) / s.cfg.Pace)
	var come func(at time.Time)
	come = func(at time.Time) {
		l.at(at, func(context.Context) error {
			if len(l.fires) < 12 {
				l.trouble(&kinds[l.rng.IntN(len(kinds))], at)
			}
			come(at.Add(l.about(more)))
			return nil
		})
	}
	come(time.Now().Add(more))
	for {
		if err := l.step(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.log.Error("the made-up organisation stumbles", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(l.next())):
		}
	}
}

// opening lets something be there at once, whatever the past has left.
func (s *show) opening(now time.Time) {
	for _, name := range []string{"PaymentProviderErrors", "HighLatency", "KubePodCrashLooping"} {
		for i := range kinds {
			if kinds[i].alert == name {
				s.life.trouble(&kinds[i], now)
			}
		}
	}
}
