package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Paging are the commands by which an operator holds paging.
type Paging struct {
	Hold   HoldPaging   `cmd:"" help:"Hold paging on all servers: alerts are taken and incidents open, nobody is told."`
	Resume ResumePaging `cmd:"" help:"Let paging go on: what is still open is told, as after an outage."`
	Status ShowPaging   `cmd:"" help:"Say whether paging is held, since when and by whom."`
}

// paging is how it stands, as the API gives it.
type paging struct {
	Held   bool       `json:"held"`
	At     *time.Time `json:"at"`
	By     string     `json:"by,omitempty"`
	Reason string     `json:"reason,omitempty"`
}

func (p paging) print(out io.Writer) error {
	text := "Paging goes on."
	if p.At != nil {
		what := "It was resumed"
		if p.Held {
			text, what = "Paging is HELD: nobody is told of anything.", "It was held"
		}
		text += fmt.Sprintf(" %s on %s by %s", what, p.At.Local().Format("2006-01-02 15:04:05"), p.By)
		if p.Reason != "" {
			text += ": " + p.Reason
		}
	}
	_, err := fmt.Fprintln(out, text)
	return err
}

func (s Server) paging(ctx context.Context, out io.Writer, method, verb string, body any) error {
	var got paging
	if err := s.call(ctx, method, "/api/v1/paging"+verb, body, &got); err != nil {
		return err
	}
	if s.JSON {
		return printJSON(out, got)
	}
	return got.print(out)
}

// HoldPaging holds.
type HoldPaging struct {
	Server
	Reason string `help:"Why, for whoever finds it held."`
}

// Run holds.
func (c *HoldPaging) Run(ctx context.Context, out io.Writer) error {
	return c.paging(ctx, out, http.MethodPost, "/hold", map[string]any{"reason": c.Reason})
}

// ResumePaging resumes.
type ResumePaging struct {
	Server
	Reason string `help:"Why."`
}

// Run resumes.
func (c *ResumePaging) Run(ctx context.Context, out io.Writer) error {
	return c.paging(ctx, out, http.MethodPost, "/resume", map[string]any{"reason": c.Reason})
}

// ShowPaging says how it stands.
type ShowPaging struct{ Server }

// Run says it.
func (c *ShowPaging) Run(ctx context.Context, out io.Writer) error {
	return c.paging(ctx, out, http.MethodGet, "", nil)
}
