package github

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// mark is a comment that nobody sees, by which we find what we wrote.
func mark(id string) string { return "<!-- rouse:" + id + " -->" }

// body is the first text: what is true now.
func body(m ports.Outgoing) string {
	i := text.Webhook(text.Input(m)).Incidents[0]
	var b strings.Builder
	alerts := "1 alert"
	if i.AlertsCount != 1 {
		alerts = fmt.Sprintf("%d alerts", i.AlertsCount)
	}
	fmt.Fprintf(&b, "**%s** · %s · %s %s · %s since %s UTC\n\n", plain(i.Status), plain(i.Severity), plain(i.Service), plain(i.Environment), alerts, i.Since.UTC().Format("2006-01-02 15:04"))
	if i.URL != "" {
		fmt.Fprintf(&b, "[#%d in Rouse](%s)\n", i.Number, i.URL)
	}
	if u, err := url.Parse(i.RunbookURL); err == nil && i.RunbookURL != "" {
		fmt.Fprintf(&b, "\n[Runbook](<%s>)\n", strings.NewReplacer("<", "%3C", ">", "%3E").Replace(u.String()))
	}
	if len(i.Labels) > 0 {
		b.WriteString("\n| Label | Value |\n|---|---|\n")
		for _, k := range sorted(i.Labels) {
			fmt.Fprintf(&b, "| %s | %s |\n", plain(k), plain(i.Labels[k]))
		}
	}
	return b.String() + "\nRouse keeps this up to date: what you write here is lost. Comments stay.\n" + mark(i.ID)
}

// comment is what happened since the last message; "" where nothing did that has words.
func comment(m ports.Outgoing) string {
	var b strings.Builder
	for _, e := range text.Webhook(text.Input(m)).Incidents[0].Events {
		fmt.Fprintf(&b, "%s UTC: %s\n", e.At.UTC().Format(time.TimeOnly), plain(e.Text))
	}
	if b.Len() == 0 {
		return ""
	}
	return b.String() + mark(string(m.ID))
}

func sorted(labels map[string]string) []string {
	out := make([]string, 0, len(labels))
	for k := range labels {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// plain is text that Markdown shows as it is: it mentions nobody, links nothing and is no HTML.
func plain(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("&<>@#*_~`[]()|\\!", r) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return strings.ReplaceAll(b.String(), "://", "&#58;//")
}
