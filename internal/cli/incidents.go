package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Incidents are the commands about incidents.
type Incidents struct {
	List    ListIncidents   `cmd:"" help:"List incidents, newest first."`
	Show    ShowIncident    `cmd:"" help:"Show one incident with its timeline."`
	Ack     AckIncident     `cmd:"" help:"Acknowledge incidents: you own them, nobody else is paged."`
	Resolve ResolveIncident `cmd:"" help:"Resolve incidents."`
	Snooze  SnoozeIncident  `cmd:"" help:"Let an incident wait: nobody is paged until then."`
	Pass    PassIncident    `cmd:"" help:"Pass an incident on: to somebody, else to the next level now."`
	Note    NoteIncident    `cmd:"" help:"Write on an incident's timeline."`
	Merge   MergeIncidents  `cmd:"" help:"Make one of several incidents: the most severe, then the oldest goes on."`
	Page    PageSomebody    `cmd:"" help:"Page a person or a team now."`
}

// wireIncident is an incident as the API gives it.
type wireIncident struct {
	ID          string `json:"id"`
	Number      int64  `json:"number"`
	Title       string `json:"title"`
	Service     string `json:"service"`
	Environment string `json:"environment"`
	Severity    string `json:"severity"`
	Status      string `json:"status"`
	Assignee    any    `json:"assignee"`
	AlertsCount int    `json:"alerts_count"`
	RunbookURL  string `json:"runbook_url,omitempty"`
	Timeline    []struct {
		Status    string    `json:"status"`
		Timestamp time.Time `json:"timestamp"`
	} `json:"timeline"`
}

// ListIncidents lists.
type ListIncidents struct {
	Server
	Status      string `help:"open, acknowledged or resolved."`
	Service     string `help:"Only this service."`
	Environment string `help:"Only this environment."`
	Severity    string `help:"Only this severity."`
	Team        string `help:"Only this team's."`
	Q           string `name:"search" help:"Text to look for."`
	Limit       int    `help:"At most this many." default:"50"`
}

// Run lists.
func (c *ListIncidents) Run(ctx context.Context, out io.Writer) error {
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	for k, v := range map[string]string{"status": c.Status, "service": c.Service, "environment": c.Environment, "severity": c.Severity, "team": c.Team, "q": c.Q} {
		if v != "" {
			q.Set(k, v)
		}
	}
	var got struct {
		Incidents  []wireIncident `json:"incidents"`
		NextCursor string         `json:"next_cursor"`
	}
	if err := c.call(ctx, http.MethodGet, "/incidents?"+q.Encode(), nil, &got); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, got)
	}
	if len(got.Incidents) == 0 {
		_, err := fmt.Fprintln(out, "No incidents.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NUMBER\tSTATUS\tSEVERITY\tSERVICE\tENVIRONMENT\tALERTS\tSINCE\tTITLE")
	for _, i := range got.Incidents {
		_, _ = fmt.Fprintf(w, "#%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", i.Number, i.Status, i.Severity, i.Service, i.Environment, i.AlertsCount, since(i), i.Title)
	}
	return w.Flush()
}

func since(i wireIncident) string {
	if len(i.Timeline) == 0 {
		return ""
	}
	return i.Timeline[0].Timestamp.Local().Format("2006-01-02 15:04")
}

// ShowIncident shows one.
type ShowIncident struct {
	Server
	Incident string `arg:"" help:"Number or id."`
}

// Run shows.
func (c *ShowIncident) Run(ctx context.Context, out io.Writer) error {
	path := "/api/v1/incidents/" + url.PathEscape(strings.TrimPrefix(c.Incident, "#"))
	var i wireIncident
	if err := c.call(ctx, http.MethodGet, path, nil, &i); err != nil {
		return err
	}
	var timeline struct {
		Entries []struct {
			At   time.Time `json:"at"`
			Text string    `json:"text"`
		} `json:"entries"`
	}
	if err := c.call(ctx, http.MethodGet, path+"/timeline", nil, &timeline); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, map[string]any{"incident": i, "timeline": timeline.Entries})
	}
	_, _ = fmt.Fprintf(out, "#%d %s  %s\n%s · %s · %s · %s\n", i.Number, strings.ToUpper(i.Severity), i.Title, i.Status, i.Service, i.Environment, many(i.AlertsCount, "alert", "alerts"))
	if i.RunbookURL != "" {
		_, _ = fmt.Fprintf(out, "Runbook: %s\n", i.RunbookURL)
	}
	_, _ = fmt.Fprintln(out)
	for _, e := range timeline.Entries {
		_, _ = fmt.Fprintf(out, "%s  %s\n", e.At.Local().Format("2006-01-02 15:04:05"), e.Text)
	}
	return nil
}

// answer is what ack and resolve share.
type answer struct {
	Server
	Incidents []string `arg:"" help:"Numbers or ids."`
	Note      string   `help:"A note for the timeline."`
}

// AckIncident acknowledges.
type AckIncident struct{ answer }

// Run acknowledges.
func (c *AckIncident) Run(ctx context.Context, out io.Writer) error {
	return c.become(ctx, out, "acknowledged")
}

// ResolveIncident resolves.
type ResolveIncident struct{ answer }

// Run resolves.
func (c *ResolveIncident) Run(ctx context.Context, out io.Writer) error {
	return c.become(ctx, out, "resolved")
}

func (c *answer) become(ctx context.Context, out io.Writer, status string) error {
	refs := make([]string, len(c.Incidents))
	for i, r := range c.Incidents {
		refs[i] = strings.TrimPrefix(r, "#")
	}
	var got struct {
		Results []struct {
			ID       string `json:"id"`
			Status   string `json:"status"`
			Assignee string `json:"assignee,omitempty"`
			Changed  bool   `json:"changed"`
			Code     string `json:"code,omitempty"`
		} `json:"results"`
	}
	body := map[string]any{"ids": refs, "status": status, "note": c.Note}
	if err := c.call(ctx, http.MethodPost, "/resolve", body, &got); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, got)
	}
	var failed error
	for i, r := range got.Results {
		switch {
		case r.Code != "":
			_, _ = fmt.Fprintf(out, "%s NOT changed: %s\n", c.Incidents[i], r.Code)
			failed = &ExitError{ExitFailed, fmt.Errorf("not every incident is %s", status)}
		case r.Changed:
			_, _ = fmt.Fprintf(out, "%s %s\n", c.Incidents[i], r.Status)
		default:
			by := ""
			if r.Status == "acknowledged" && r.Assignee != "" {
				by = " by " + r.Assignee
			}
			_, _ = fmt.Fprintf(out, "%s was %s already%s\n", c.Incidents[i], r.Status, by)
		}
	}
	return failed
}
