package main

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// sum of what was counted within a time; 0 where nothing was.
func counted(name, window string) string {
	return `(sum(increase(` + name + `{job="$job"}[` + window + `])) or vector(0))`
}

func health() *dashboard.DashboardBuilder {
	b := onMetrics("Rouse: health", "Whether Rouse itself is well, and keeps what it promises.", "now-6h")
	for _, part := range []func(*dashboard.DashboardBuilder){promises, intake, delivery, engine, database} {
		part(b)
	}
	return b
}

func promises(b *dashboard.DashboardBuilder) {
	const refused, probes = "rouse_ingest_refused_total", "rouse_probe_seconds_count"
	b.WithPanel(number(panel{
		title: "Alerts stored", about: "Of alerts that were read, in the time that is looked at; the others' senders try again. Objective: 99.9 %.", unit: "percentunit", columns: 4,
		queries: []query{now(`1 - `+counted(refused, "$__range")+` / (`+counted("rouse_ingest_alerts_total", "$__range")+` + `+counted(refused, "$__range")+`)`, "stored")},
	}, above(0.999)...)).
		WithPanel(number(panel{
			title: "Pages in time", about: "Messages whose provider was called within 5 s of when they could go. Objective: 99 %.", unit: "percentunit", columns: 4,
			queries: []query{now(`sum(increase(rouse_page_latency_seconds_bucket{job="$job", kind!="probe", le=~"5|5.0"}[$__range]))
  / sum(increase(rouse_page_latency_seconds_count{job="$job", kind!="probe"}[$__range]))`, "in time")},
		}, above(0.99)...)).
		WithPanel(number(panel{
			title: "Synthetic alerts that page", about: "Rouse sends itself an alert each minute. Objective: 99.5 %.", unit: "percentunit", columns: 4,
			queries: []query{now(counted(probes, "$__range")+` / (`+counted(probes, "$__range")+` + `+counted("rouse_probe_failed_total", "$__range")+`)`, "paged")},
		}, above(0.995)...)).
		WithPanel(number(panel{
			title: "Age of the newest backup", about: "Red after 26 hours. Nothing is shown where Rouse makes none.", unit: "s", columns: 4,
			queries: []query{now(`max(rouse_pulse_age_seconds{job="$job", of="backup"})`, "backup")},
		}, below(26*3600)...)).
		WithPanel(number(panel{
			title: "Paging held", about: "1 while nobody is told of anything: after a restore, or because somebody said so.", unit: "short", columns: 4,
			queries: []query{now(`max(rouse_paging_held{job="$job"})`, "held")},
		}, below(1)...)).
		WithPanel(number(panel{
			title: "Servers", about: "How many answer, by version.", unit: "short", columns: 4,
			queries: []query{now(`count by (version) (rouse_build_info{job="$job"})`, "{{version}}")},
		}))
}

func intake(b *dashboard.DashboardBuilder) {
	const commit = "rouse_ingest_commit_seconds"
	b.WithRow(row("Taking alerts in")).
		WithPanel(lines(panel{
			title: "Alerts by what became of them", about: "Alerts answered with 2xx, a second.", unit: "cps", columns: 12,
			queries: []query{over(`sum by (outcome) (rate(rouse_ingest_alerts_total{job="$job"}[$__rate_interval]))`, "{{outcome}}")},
		})).
		WithPanel(lines(panel{
			title: "Refused", about: "Alerts that were not stored, by integration, and requests that were refused unread, by the code of the refusal; a second.", unit: "cps", columns: 12,
			queries: []query{
				over(`sum by (integration) (rate(rouse_ingest_refused_total{job="$job"}[$__rate_interval])) or vector(0)`, "alerts {{integration}}"),
				over(`sum by (code) (rate(rouse_ingest_unread_requests_total{job="$job"}[$__rate_interval])) or vector(0)`, "requests {{code}}"),
			},
		})).
		WithPanel(lines(panel{
			title: "Time of a commit", about: "To decide, write and flush one group of alerts.", unit: "s", columns: 12,
			queries: []query{over(quantile("0.5", commit, "", "$__rate_interval"), "half within"), over(quantile("0.99", commit, "", "$__rate_interval"), "99 % within")},
		})).
		WithPanel(lines(panel{
			title: "Requests in the buffer", about: "What waits in Redis while the database is away; 0 without Redis.", unit: "short", columns: 12,
			queries: []query{over(`max(rouse_buffer_letters{job="$job"})`, "requests")},
		}))
}

func delivery(b *dashboard.DashboardBuilder) {
	b.WithRow(row("Telling people")).
		WithPanel(bars(panel{
			title: "Attempts to send", about: "By kind of channel and what became of them.", unit: "short", columns: 12,
			queries: []query{over(`sum by (kind, outcome) (increase(rouse_delivery_attempts_total{job="$job", kind!="probe"}[$__rate_interval]))`, "{{kind}} {{outcome}}")},
		})).
		WithPanel(lines(panel{
			title: "Wait for the first call", about: "From when a message could go to the first call of its provider: 95 % within.", unit: "s", columns: 12,
			queries: []query{over(quantile("0.95", "rouse_page_latency_seconds", "kind, ", "$__rate_interval"), "{{kind}}")},
		})).
		WithPanel(lines(panel{
			title: "Time of a provider", about: "Of one call: 95 % within.", unit: "s", columns: 12,
			queries: []query{over(quantile("0.95", "rouse_provider_seconds", "kind, ", "$__rate_interval"), "{{kind}}")},
		})).
		WithPanel(lines(panel{
			title: "Providers that fail", about: "1 while others are asked before this one.", unit: "short", columns: 12,
			queries: []query{over(`max by (kind, provider) (rouse_provider_failing{job="$job"}) or vector(0)`, "{{kind}} {{provider}}")},
		})).
		WithPanel(gauges(panel{
			title: "Texts and calls today", about: "What costs money and was taken today (UTC) or is on its way.", unit: "short", columns: 12,
			queries: []query{now(`max by (kind, provider) (rouse_paid_messages_today{job="$job"})`, "{{kind}} {{provider}}")},
		})).
		WithPanel(bars(panel{
			title: "What should stay 0", about: "People who waited longer than 10 s for an answer, messages given up by failures of our own, deliveries kept back by the daily limit.", unit: "short", columns: 12,
			queries: []query{
				over(counted("rouse_ack_unanswered_total", "$__rate_interval"), "unanswered"),
				over(counted("rouse_delivery_poisoned_total", "$__rate_interval"), "given up"),
				over(counted("rouse_over_quota_total", "$__rate_interval"), "over the limit"),
			},
		}))
}

func engine(b *dashboard.DashboardBuilder) {
	b.WithRow(row("The server itself")).
		WithPanel(lines(panel{
			title: "Overdue work", about: "How long the oldest due work waits; over a minute is an alert.", unit: "s", columns: 8,
			queries: []query{over(`max by (work) (rouse_overdue_seconds{job="$job"})`, "{{work}}")},
		})).
		WithPanel(lines(panel{
			title: "How late timers are", about: "99 % within, by kind.", unit: "s", columns: 8,
			queries: []query{over(quantile("0.99", "rouse_timer_lag_seconds", "kind, ", "$__rate_interval"), "{{kind}}")},
		})).
		WithPanel(lines(panel{
			title: "Workers that fail", about: "1 while a worker of a server fails.", unit: "short", columns: 8,
			queries: []query{over(`max by (worker) (rouse_worker_failing{job="$job"}) or vector(0)`, "{{worker}}")},
		})).
		WithPanel(lines(panel{
			title: "Last time it went well", about: "How long ago each part by which Rouse watches itself last went well.", unit: "s", columns: 8,
			queries: []query{over(`max by (of) (rouse_pulse_age_seconds{job="$job"})`, "{{of}}")},
		})).
		WithPanel(lines(panel{
			title: "Audit", about: "Incidents without a future: found by the last audit, and repaired. Both should stay 0.", unit: "short", columns: 8,
			queries: []query{over(`max(rouse_audit_orphans{job="$job"})`, "found"), over(counted("rouse_audit_repaired_total", "$__rate_interval"), "repaired")},
		})).
		WithPanel(lines(panel{
			title: "Synthetic alert", about: "From its being sent to the call of its provider: 95 % within, in the last hour.", unit: "s", columns: 8,
			queries: []query{over(quantile("0.95", "rouse_probe_seconds", "", "1h"), "95 %")},
		})).
		WithPanel(lines(panel{
			title: "Clock", about: "How far a server's clock is off the database's; over 2 s is an alert.", unit: "s", columns: 8,
			queries: []query{over(`max by (instance) (abs(rouse_clock_offset_seconds{job="$job"}))`, "{{instance}}")},
		})).
		WithPanel(lines(panel{
			title: "Memory", about: "Resident, of each server.", unit: "bytes", columns: 8,
			queries: []query{over(`process_resident_memory_bytes{job="$job"}`, "{{instance}}")},
		})).
		WithPanel(lines(panel{
			title: "Processor", about: "Cores that each server uses.", unit: "short", columns: 8,
			queries: []query{over(`rate(process_cpu_seconds_total{job="$job"}[$__rate_interval])`, "{{instance}}")},
		}))
}

func database(b *dashboard.DashboardBuilder) {
	b.WithRow(row("The database")).
		WithPanel(lines(panel{
			title: "Wait for a transaction", about: "For a connection, or for those before it: 99 % within.", unit: "s", columns: 8,
			queries: []query{over(quantile("0.99", "rouse_database_wait_seconds", "of, ", "$__rate_interval"), "{{of}}")},
		})).
		WithPanel(lines(panel{
			title: "Time of a transaction", about: "From its begin to its end: 99 % within.", unit: "s", columns: 8,
			queries: []query{over(quantile("0.99", "rouse_database_transaction_seconds", "of, ", "$__rate_interval"), "{{of}}")},
		})).
		WithPanel(lines(panel{
			title: "Size", about: "Of the database on its disk.", unit: "bytes", columns: 8,
			queries: []query{over(`max(rouse_database_size_bytes{job="$job"})`, "size")},
		}))
}
