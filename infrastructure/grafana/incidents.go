package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// Gauges over the database are the same on every server, so they are a maximum; then they add up.
const (
	active = `max by (service, environment, severity) (incident_active_total{job="$job"})`
	teams  = ` * on (service) group_left (team) max by (service, team) (rouse_service_info{job="$job"})`
)

// mean of a histogram over a time, in all.
func mean(name, window string) string {
	return `sum(increase(` + name + `_sum{job="$job"}[` + window + `])) / sum(increase(` + name + `_count{job="$job"}[` + window + `]))`
}

// quantile of a histogram; by are further labels to keep, each with a comma behind.
func quantile(q, name, by, window string) string {
	return `histogram_quantile(` + q + `, sum by (` + by + `le) (rate(` + name + `_bucket{job="$job"}[` + window + `])))`
}

func incidents() *dashboard.DashboardBuilder {
	const resolve, acknowledge = "incident_duration_seconds", "rouse_incident_acknowledge_seconds"
	first := " The first one of a service since a server started shows a moment later as 1 and in no sum."
	return onMetrics("Rouse: incidents", "How often things break, and how long it takes to answer and to mend them.", "now-7d").
		WithVariable(dashboard.NewCustomVariableBuilder("window").Label("Means over").Description("Over what time means and percentiles are made.").
			Values(dashboard.StringOrMap{String: cog.ToPtr("1h,6h,1d,7d")}).Current(option("1d", "1d"))).
		WithPanel(number(panel{
			title: "Unresolved incidents", about: "Open and acknowledged, now.", unit: "short", columns: 6,
			queries: []query{now(`sum(`+active+`) or vector(0)`, "unresolved")},
		})).
		WithPanel(number(panel{
			title: "Incidents opened", about: "In the time that is looked at." + first, unit: "short", columns: 6,
			queries: []query{now(`sum(increase(rouse_incident_opened_total{job="$job"}[$__range])) or vector(0)`, "opened")},
		})).
		WithPanel(number(panel{
			title: "Mean time to acknowledge", about: "From opening to the first acknowledgement.", unit: "s", columns: 6,
			queries: []query{now(mean(acknowledge, "$__range"), "to acknowledge")},
		})).
		WithPanel(number(panel{
			title: "Mean time to resolve", about: "From opening to resolving.", unit: "s", columns: 6,
			queries: []query{now(mean(resolve, "$__range"), "to resolve")},
		})).
		WithRow(row("How often")).
		WithPanel(bars(panel{
			title: "Incidents opened by service", about: "How many incidents of each service opened." + first, unit: "short", columns: 12,
			queries: []query{over(`sum by (service) (increase(rouse_incident_opened_total{job="$job"}[$__rate_interval])) > 0 or vector(0)`, "{{service}}")},
		})).
		WithPanel(bars(panel{
			title: "Incidents opened by severity", about: "How many incidents of each severity opened.", unit: "short", columns: 12,
			queries: []query{over(`sum by (severity) (increase(rouse_incident_opened_total{job="$job"}[$__rate_interval]))`, "{{severity}}")},
		})).
		WithPanel(lines(panel{
			title: "Unresolved by team and environment", about: "Open and acknowledged incidents, by whose services they are of.", unit: "short", columns: 12,
			queries: []query{over(`sum by (team, environment) (`+active+teams+`)`, "{{team}} {{environment}}")},
		})).
		WithPanel(bars(panel{
			title: "Resolved by team and environment", about: "How many incidents were resolved.", unit: "short", columns: 12,
			queries: []query{over(`sum by (team, environment) (sum by (service, environment) (increase(incident_resolved_total{job="$job"}[$__rate_interval]))`+teams+`)`, "{{team}} {{environment}}")},
		})).
		WithPanel(bars(panel{
			title: "Nobody answered", about: "Escalation policies that ended without an answer.", unit: "short", columns: 24,
			queries: []query{over(`sum by (service) (increase(rouse_incident_exhausted_total{job="$job"}[$__rate_interval])) or vector(0)`, "{{service}}")},
		})).
		WithRow(row("How long")).
		WithPanel(lines(panel{
			title: "Time to acknowledge", about: "Of incidents that were first acknowledged within $window before each moment.", unit: "s", columns: 12,
			queries: []query{over(mean(acknowledge, "$window"), "mean"), over(quantile("0.9", acknowledge, "", "$window"), "90 % within")},
		})).
		WithPanel(lines(panel{
			title: "Time to resolve", about: "Of incidents that were resolved within $window before each moment.", unit: "s", columns: 12,
			queries: []query{over(mean(resolve, "$window"), "mean"), over(quantile("0.9", resolve, "", "$window"), "90 % within")},
		})).
		WithPanel(heat(panel{
			title: "How long incidents last", about: "How many incidents were resolved after how long.", unit: "s", columns: 24,
			queries: []query{buckets(`sum by (le) (increase(incident_duration_seconds_bucket{job="$job"}[$__rate_interval]))`)},
		})).
		WithRow(row("Where")).
		WithPanel(heat(panel{
			title: "Services with most alerts", about: "How many alerts of a service began to fire; the 20 services with most in the time that is looked at.", unit: "short", columns: 24,
			queries: []query{over(`sum by (service) (increase(rouse_incident_alerts_total{job="$job"}[$__rate_interval]))
  and on (service) topk(20, sum by (service) (increase(rouse_incident_alerts_total{job="$job"}[$__range] @ end())))`, "{{service}}")},
		}))
}
