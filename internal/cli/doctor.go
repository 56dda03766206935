package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/rouse-oncall/rouse/internal/wire"
)

// Doctor says what is wrong and what to do.
type Doctor struct {
	wire.Config `embed:""`
	File        kong.ConfigFlag `name:"config" help:"The server's file of settings." env:"ROUSE_CONFIG" placeholder:"FILE"`
	URL         string          `name:"url" help:"Ask only the server at this address how it is, from anywhere. Without it everything is looked at, with the server's own settings, on its own machine."`
	JSON        bool            `name:"json" help:"Print JSON, for programs."`
}

// Run looks. It sends nothing and changes nothing.
func (c *Doctor) Run(ctx context.Context, out io.Writer) error {
	var found []wire.Symptom
	if c.URL == "" {
		found = wire.Doctor(ctx, c.Config)
	} else {
		var err error
		if found, err = wire.AskReady(ctx, strings.TrimRight(c.URL, "/")); err != nil {
			return &ExitError{ExitAway, err}
		}
	}
	wrong := 0
	for _, s := range found {
		if s.State == wire.Wrong {
			wrong++
		}
	}
	if c.JSON {
		if err := printJSON(out, map[string]any{"wrong": wrong, "symptoms": found}); err != nil {
			return err
		}
	} else {
		printSymptoms(out, found)
	}
	if wrong > 0 {
		return fmt.Errorf("%s wrong", many(wrong, "thing is", "things are"))
	}
	return nil
}

func printSymptoms(out io.Writer, found []wire.Symptom) {
	for _, s := range found {
		_, _ = fmt.Fprintf(out, "%-8s %s: %s\n", s.State, s.Check, s.Words)
		if s.Do != "" {
			_, _ = fmt.Fprintf(out, "         → %s\n", s.Do)
		}
	}
}

// many is a number with its word.
func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
