package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/rouse-oncall/rouse/internal/wire"
)

// Migrate brings a database's tables up to date.
type Migrate struct {
	DatabaseURL string `help:"The server's database." default:"sqlite:rouse.db" env:"ROUSE_DATABASE_URL"`
	Plan        bool   `help:"Say what would be done, and do nothing."`
	JSON        bool   `name:"json" help:"Print JSON, for programs."`
}

// Run does it, or says what it would do.
func (c *Migrate) Run(ctx context.Context, out io.Writer) error {
	m, err := wire.Migrate(ctx, c.DatabaseURL, c.Plan)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, m)
	}
	switch {
	case m.Has > m.Wants:
		return fmt.Errorf("its tables are of version %d, this program knows %d: use the version that made them", m.Has, m.Wants)
	case len(m.Steps) == 0:
		_, _ = fmt.Fprintf(out, "The tables are of version %d, as this program needs them.\n", m.Has)
		return nil
	case c.Plan:
		_, _ = fmt.Fprintf(out, "The tables are of version %d, this program needs %d. A server or `rouse migrate` would take these steps:\n", m.Has, m.Wants)
	default:
		_, _ = fmt.Fprintf(out, "The tables were of version %d and are of version %d now. These steps were taken:\n", m.Has, m.Wants)
	}
	for _, s := range m.Steps {
		_, _ = fmt.Fprintln(out, " ", s)
	}
	return nil
}
