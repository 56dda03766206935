package wire

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLoopKeepsTryingAndSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		gauge := map[string]bool{}
		h := &health{failing: map[string]time.Time{}, tell: func(w string, f bool) { gauge[w] = f }}
		ctx, stop := context.WithCancel(t.Context())
		began := time.Now()
		runs := 0
		loop(ctx, slog.New(slog.NewTextHandler(&log, nil)), h, "timers", poll, func(context.Context) (int, error) {
			runs++
			switch d := time.Since(began); {
			case d < 20*time.Second:
				return 0, errors.New("the database is away")
			case d < 90*time.Second:
				if _, ok := h.words(); ok && d > unwell+time.Second {
					t.Error("still ready though a worker fails")
				}
				panic("a bug")
			}
			if runs > 100 {
				stop()
			}
			return 0, nil
		})
		if _, ok := h.words(); !ok || gauge["timers"] {
			t.Error("it works again, and that is not said")
		}
		if n := strings.Count(log.String(), "a worker fails"); n != 2 {
			t.Errorf("said %d times in 90 s, want at once and after a minute:\n%s", n, log.String())
		}
		if !strings.Contains(log.String(), "works again") {
			t.Error("the end of it is not said")
		}
	})
}

func TestLoopGoesOnWhileThereIsWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		h := &health{failing: map[string]time.Time{}, tell: func(string, bool) {}}
		began := time.Now()
		left := 10
		loop(ctx, slog.New(slog.DiscardHandler), h, "timers", poll, func(context.Context) (int, error) {
			left--
			if left == 0 {
				stop()
			}
			return left, nil
		})
		if d := time.Since(began); d != 0 {
			t.Errorf("ten batches took %s of waiting", d)
		}
	})
}
