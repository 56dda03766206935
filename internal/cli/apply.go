package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/wire"
)

// Apply makes what people own as files want it: all of it or nothing. What the files do not name stays.
type Apply struct {
	Server
	File string `short:"f" required:"" help:"A YAML file, or a folder of them." placeholder:"DIR|FILE"`
	Yes  bool   `help:"Do it. Without, it only says what would change."`
}

// Plan says what Apply would change.
type Plan struct {
	Server
	File string `short:"f" required:"" help:"A YAML file, or a folder of them." placeholder:"DIR|FILE"`
}

// Run applies, or says what would change.
func (c *Apply) Run(ctx context.Context, out io.Writer) error {
	return c.apply(ctx, out, c.File, c.Yes)
}

// Run says what would change.
func (c *Plan) Run(ctx context.Context, out io.Writer) error {
	return c.apply(ctx, out, c.File, false)
}

// applied is the answer of the server.
type applied struct {
	Changes []struct {
		Action string   `json:"action"`
		Kind   string   `json:"kind"`
		Name   string   `json:"name"`
		Fields []string `json:"fields,omitempty"`
	} `json:"changes"`
	Unchanged int               `json:"unchanged"`
	Keys      map[string]string `json:"keys,omitempty"`
	Warnings  []string          `json:"warnings,omitempty"`
}

func (s Server) apply(ctx context.Context, out io.Writer, path string, really bool) error {
	docs, variables, err := wire.ReadConfig(path)
	if err != nil {
		return &ExitError{ExitUsage, err}
	}
	keys := map[string]string{}
	for _, v := range variables {
		if value := os.Getenv(v); value != "" {
			keys[v] = value
		}
	}
	url := "/api/v1/apply"
	if !really {
		url += "?dry_run=true"
	}
	var got applied
	if err := s.call(ctx, http.MethodPost, url, map[string]any{"files": docs, "keys": keys}, &got); err != nil {
		return err
	}
	if s.JSON {
		return printJSON(out, got)
	}
	for _, ch := range got.Changes {
		line := fmt.Sprintf("%s %s %s", ch.Action, ch.Kind, ch.Name)
		if len(ch.Fields) > 0 {
			line += " (" + strings.Join(ch.Fields, ", ") + ")"
		}
		_, _ = fmt.Fprintln(out, line)
	}
	for _, w := range got.Warnings {
		_, _ = fmt.Fprintln(out, "Warning: "+w)
	}
	switch {
	case len(got.Changes) == 0:
		_, _ = fmt.Fprintf(out, "Nothing to change: all %d are as the files say.\n", got.Unchanged)
	case really:
		_, _ = fmt.Fprintf(out, "Applied: %d changed, %d were as the files say.\n", len(got.Changes), got.Unchanged)
	default:
		_, _ = fmt.Fprintf(out, "%d would change, %d are as the files say. To do it: add --yes to rouse apply.\n", len(got.Changes), got.Unchanged)
	}
	names := make([]string, 0, len(got.Keys))
	for name := range got.Keys {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		_, _ = fmt.Fprintf(out, "Key of the integration %s, shown this once: %s\n", name, got.Keys[name])
	}
	return nil
}
