package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// wireResult is what became of one incident.
type wireResult struct {
	ID      string `json:"id"`
	Number  int64  `json:"number"`
	Status  string `json:"status"`
	Changed bool   `json:"changed"`
	Said    string `json:"said"`
}

// verb asks for one thing to be done with one incident, and prints what the server says.
func (s *Server) verb(ctx context.Context, out io.Writer, incident, verb string, body any) error {
	path := "/api/v1/incidents/" + url.PathEscape(strings.TrimPrefix(incident, "#")) + "/" + verb
	var got struct {
		Results []wireResult `json:"results"`
	}
	if err := s.call(ctx, http.MethodPost, path, body, &got); err != nil {
		return err
	}
	if s.JSON {
		return printJSON(out, got)
	}
	for _, r := range got.Results {
		if _, err := fmt.Fprintln(out, r.Said); err != nil {
			return err
		}
	}
	return nil
}

// whom are the flags that name a person or a team.
type whom struct {
	User string `help:"A person's email address."`
	Team string `help:"A team's name."`
}

func (w whom) body() any {
	if w == (whom{}) {
		return nil
	}
	return map[string]string{"user": w.User, "team": w.Team}
}

// SnoozeIncident snoozes.
type SnoozeIncident struct {
	Server
	Incident string        `arg:"" help:"Number or id."`
	For      time.Duration `help:"For so long." required:"" placeholder:"2h"`
	Note     string        `help:"A note for the timeline."`
}

// Run snoozes.
func (c *SnoozeIncident) Run(ctx context.Context, out io.Writer) error {
	if c.For < time.Minute || c.For%time.Minute != 0 {
		return &ExitError{ExitUsage, errors.New("snooze for whole minutes, one at least")}
	}
	return c.verb(ctx, out, c.Incident, "snooze", map[string]any{"minutes": int(c.For.Minutes()), "note": c.Note})
}

// PassIncident passes on.
type PassIncident struct {
	Server
	whom
	Incident string `arg:"" help:"Number or id."`
	Note     string `help:"A note for the timeline."`
}

// Run passes on.
func (c *PassIncident) Run(ctx context.Context, out io.Writer) error {
	return c.verb(ctx, out, c.Incident, "pass-on", map[string]any{"to": c.body(), "note": c.Note})
}

// NoteIncident writes on the timeline.
type NoteIncident struct {
	Server
	Incident string `arg:"" help:"Number or id."`
	Text     string `arg:"" help:"What to write."`
}

// Run writes.
func (c *NoteIncident) Run(ctx context.Context, out io.Writer) error {
	return c.verb(ctx, out, c.Incident, "note", map[string]string{"note": c.Text})
}

// MergeIncidents merges.
type MergeIncidents struct {
	Server
	Incidents []string `arg:"" help:"Numbers or ids, two at least."`
	Note      string   `help:"A note for the timeline."`
}

// Run merges.
func (c *MergeIncidents) Run(ctx context.Context, out io.Writer) error {
	if len(c.Incidents) < 2 {
		return &ExitError{ExitUsage, errors.New("name two incidents at least")}
	}
	return c.verb(ctx, out, c.Incidents[0], "merge", map[string]any{"with": c.Incidents[1:], "note": c.Note})
}

// PageSomebody pages.
type PageSomebody struct {
	Server
	whom
	Title    string `arg:"" help:"What is wrong."`
	Text     string `help:"More about it."`
	Service  string `help:"The service that it is about."`
	Severity string `help:"warning, error or critical." default:"critical"`
}

// Run pages.
func (c *PageSomebody) Run(ctx context.Context, out io.Writer) error {
	if c.whom == (whom{}) {
		return &ExitError{ExitUsage, errors.New("say whom to page: --user or --team")}
	}
	var got wireResult
	body := map[string]any{"title": c.Title, "text": c.Text, "service": c.Service, "severity": c.Severity, "to": []any{c.body()}}
	if err := c.call(ctx, http.MethodPost, "/api/v1/incidents", body, &got); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, got)
	}
	_, err := fmt.Fprintln(out, got.Said)
	return err
}
