package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/rouse-oncall/rouse/internal/wire"
)

// Verify recomputes what must always hold.
type Verify struct {
	DatabaseURL string `help:"The server's database." default:"sqlite:rouse.db" env:"ROUSE_DATABASE_URL"`
	JSON        bool   `name:"json" help:"Print JSON, for programs."`
}

// Run prints what was looked at and what was found. It works beside a running server.
func (c *Verify) Run(ctx context.Context, out io.Writer) error {
	report, err := wire.Verify(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	return printReport(out, report, c.JSON)
}

// printReport is an error where something was found.
func printReport(out io.Writer, r wire.VerifyReport, asJSON bool) error {
	if asJSON {
		if err := printJSON(out, r); err != nil {
			return err
		}
	} else {
		printFindings(out, r)
	}
	if r.Found > 0 {
		return fmt.Errorf("%s not as they must be", many(r.Found, "thing is", "things are"))
	}
	return nil
}

func printFindings(out io.Writer, r wire.VerifyReport) {
	for _, f := range r.Findings {
		_, _ = fmt.Fprintln(out, f)
	}
	if more := r.Found - len(r.Findings); more > 0 {
		_, _ = fmt.Fprintf(out, "… and %d more\n", more)
	}
	_, _ = fmt.Fprintln(out, "Checked:")
	for _, n := range r.Checked {
		_, _ = fmt.Fprintf(out, "  %8d %s\n", n.N, n.What)
	}
	if r.Found == 0 {
		_, _ = fmt.Fprintln(out, "All is as it must be.")
		return
	}
	_, _ = fmt.Fprintln(out, "What to do:")
	for _, a := range r.Advice {
		_, _ = fmt.Fprintf(out, "  %d of the kind %q. %s\n", a.Found, a.Kind, a.Do)
	}
	_, _ = fmt.Fprintln(out, " ", r.Restore)
}
