package cli

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Send sends a test alert, as Alertmanager would.
type Send struct {
	URL         string            `help:"Address of the server." default:"http://localhost:8080" env:"ROUSE_URL"`
	Key         string            `help:"Key of the integration." required:"" env:"ROUSE_KEY"`
	Label       map[string]string `help:"Labels, e.g. --label service=web." short:"l" placeholder:"NAME=VALUE"`
	Alertname   string            `help:"Name of the alert." default:"TestAlert"`
	Severity    string            `help:"critical, error, warning, info, none." default:"critical"`
	Summary     string            `help:"What it says." default:"A test alert, sent by hand"`
	Resolved    bool              `help:"Say that it is over."`
	Fingerprint string            `help:"Identity of the alert. Default: from its labels, so that the same alert is the same."`
	JSON        bool              `name:"json" help:"Print JSON, for programs."`
}

// received is the answer to POST /alerts.
type received struct {
	Received int `json:"received"`
	Results  []struct {
		Fingerprint string `json:"fingerprint"`
		Outcome     string `json:"outcome"`
		Incident    string `json:"incident,omitempty"`
	} `json:"results"`
}

// Run sends and prints what became of it.
func (c *Send) Run(ctx context.Context, out io.Writer) error {
	labels := map[string]string{"alertname": c.Alertname, "severity": c.Severity}
	maps.Copy(labels, c.Label)
	status, now := "firing", time.Now().UTC()
	alert := map[string]any{
		"labels": labels, "annotations": map[string]string{"summary": c.Summary}, "fingerprint": c.fingerprint(labels),
	}
	if c.Resolved {
		status = "resolved"
		alert["endsAt"] = now
	} else {
		alert["startsAt"] = now
	}
	alert["status"] = status
	body := map[string]any{"version": "4", "status": status, "receiver": "rouse send", "groupKey": "rouse send", "alerts": []any{alert}}
	var got received
	server := Server{URL: c.URL, Token: c.Key}
	if err := server.call(ctx, http.MethodPost, "/alerts", body, &got); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(out, got)
	}
	for _, r := range got.Results {
		if r.Incident == "" {
			_, _ = fmt.Fprintf(out, "%s\n", r.Outcome)
			continue
		}
		_, _ = fmt.Fprintf(out, "%s #%s\n", r.Outcome, strings.TrimPrefix(r.Incident, "#"))
	}
	return nil
}

func (c *Send) fingerprint(labels map[string]string) string {
	if c.Fingerprint != "" {
		return c.Fingerprint
	}
	h := fnv.New64a()
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		_, _ = h.Write([]byte(k + "\xff" + labels[k] + "\xff"))
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
