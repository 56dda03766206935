package cli

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/rouse-oncall/rouse/internal/demo"
)

// Demo shows the product with nothing set up and nothing left behind.
type Demo struct {
	Listen  string  `help:"Address to listen on; another port where it is taken." default:"127.0.0.1:8080"`
	Mailbox string  `help:"Address of the mailbox." default:"127.0.0.1:8025"`
	Weeks   int     `help:"How many weeks of past it has." default:"8"`
	Seed    uint64  `help:"What happens is decided by this number." default:"1"`
	Pace    float64 `help:"How fast things happen; 1 is something new about every 25 seconds." default:"1"`
}

// Run shows it until TERM or ^C.
func (c *Demo) Run(ctx context.Context, out io.Writer, version Version) error {
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer cancel()
	context.AfterFunc(ctx, cancel) // a second ^C ends it at once
	syscall.Umask(0o077)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	return demo.Run(ctx, demo.Config{
		Listen: c.Listen, Mailbox: c.Mailbox, Weeks: c.Weeks, Seed: c.Seed, Pace: c.Pace, Version: string(version),
	}, out, log)
}
