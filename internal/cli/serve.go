package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/rouse-oncall/rouse/internal/wire"
)

// Serve runs a server.
type Serve struct {
	wire.Config `embed:""`
	File        kong.ConfigFlag `name:"config" help:"A YAML file of settings: keys are the names of these flags." env:"ROUSE_CONFIG" placeholder:"FILE"`
}

// gcPercent lets the heap grow more between collections than Go's default: what lives is small, and what a storm
// of alerts leaves behind is much. Measured: 15 to 40 % less CPU for an alert.
const gcPercent = 300

// stopWithin is how long a stop may take: a provider's time-out and a little.
const stopWithin = 20 * time.Second

// Run serves until TERM or ^C, then finishes or gives back what is in flight. HUP lets it read its settings again.
func (c *Serve) Run(ctx context.Context, out io.Writer, version Version) error {
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer cancel()
	reloads := make(chan os.Signal, 1)
	signal.Notify(reloads, syscall.SIGHUP) // from the beginning: it would end the server else
	defer signal.Stop(reloads)
	syscall.Umask(0o077) // the database holds phone numbers and password hashes
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	level := new(slog.LevelVar)
	log := c.Logger(os.Stderr, level)
	app, err := wire.New(ctx, c.Config, string(version), log)
	if err != nil {
		return err
	}
	if err := app.Start(ctx); err != nil {
		return stop(app, err)
	}
	welcome(ctx, app, out, log)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-reloads:
			reload(ctx, app, level, log)
		}
	}
	cancel() // a second ^C ends it at once
	return stop(app, nil)
}

// welcome prints what somebody sees who starts a server for the first time. The server works already: where the database is
// away for a moment, it is asked again.
func welcome(ctx context.Context, app *wire.App, out io.Writer, log *slog.Logger) {
	for {
		words, err := app.FirstRun(ctx)
		if err == nil {
			_, _ = fmt.Fprint(out, words)
			return
		}
		log.Warn("what a first start needs could not be made yet; it is tried again", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// reload reads the settings again and takes over what can change while the server runs; where something is wrong all stays
// as it was.
func reload(ctx context.Context, app *wire.App, level *slog.LevelVar, log *slog.Logger) {
	again, err := parseAgain(os.Args[1:])
	if err == nil {
		err = app.Reload(ctx, again.Serve.Config)
	}
	if err != nil {
		log.Error("what was asked to be read again is wrong; all goes on as before", "error", err)
		return
	}
	level.Set(again.Serve.Level())
	log.Debug("the log says everything now")
}

func stop(app *wire.App, because error) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := app.Stop(ctx); err != nil && because == nil {
		return fmt.Errorf("stopping: %w", err)
	}
	return because
}
