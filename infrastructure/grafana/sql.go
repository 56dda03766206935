package main

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// The raw columns are those that have indexes: microseconds, which are Grafana's milliseconds with three more digits.
const (
	openedThen = `opened BETWEEN ${__from}000 AND ${__to}000 AND team IN (${team:sqlstring})`
	pagedThen  = `paged BETWEEN ${__from}000 AND ${__to}000 AND team IN (${team:sqlstring})`
	beganThen  = `began BETWEEN ${__from}000 AND ${__to}000 AND team IN (${team:sqlstring})`
	sentThen   = `created BETWEEN ${__from}000 AND ${__to}000`
)

func history() *dashboard.DashboardBuilder {
	return onRows("Rouse: history", "What happened to the incidents that are kept, from the reporting views of PostgreSQL.").
		WithPanel(bars(panel{
			title: "Incidents by service", about: "Incidents by when they opened.", unit: "short", columns: 24,
			queries: []query{series(`SELECT date_trunc('$bucket', opened_at) AS time, service AS metric, count(*) AS incidents
FROM report_incident WHERE ` + openedThen + ` GROUP BY 1, 2 ORDER BY 1`)},
		})).
		WithPanel(list(panel{
			title: "Open and resolved by team and environment", about: "Where the incidents stand that opened in the time that is looked at.", unit: "short", columns: 12,
			queries: []query{rows(`SELECT team, environment, count(*) FILTER (WHERE status = 'open') AS open,
  count(*) FILTER (WHERE status = 'acknowledged') AS acknowledged, count(*) FILTER (WHERE status = 'resolved') AS resolved
FROM report_incident WHERE ` + openedThen + ` GROUP BY 1, 2 ORDER BY 1, 2`)},
		})).
		WithPanel(list(panel{
			title: "Services with most incidents", about: "Times are means, in seconds. Nobody answered: no person acknowledged or resolved it.", unit: "none", columns: 12,
			queries: []query{rows(`SELECT service, count(*) AS incidents, sum(alerts) AS alerts, round(avg(seconds_to_acknowledge)) AS "to acknowledge",
  round(avg(seconds_to_resolve)) AS "to resolve", count(*) FILTER (WHERE NOT answered) AS "nobody answered"
FROM report_incident WHERE ` + openedThen + ` GROUP BY 1 ORDER BY 2 DESC LIMIT 50`)},
		})).
		WithPanel(lines(panel{
			title: "Time to acknowledge", about: "From opening to the first acknowledgement, of incidents by when they opened.", unit: "s", columns: 12,
			queries: []query{series(timesOf("seconds_to_acknowledge"))},
		})).
		WithPanel(lines(panel{
			title: "Time to resolve", about: "From opening to the end, of incidents by when they opened.", unit: "s", columns: 12,
			queries: []query{series(timesOf("seconds_to_resolve"))},
		})).
		WithPanel(heat(panel{
			title: "Services with most alerts", about: "How many alerts that are over began when; the 20 services with most.", unit: "short", columns: 24,
			queries: []query{series(`SELECT date_trunc('$bucket', began_at) AS time, service AS metric, count(*) AS alerts
FROM report_alert WHERE ` + beganThen + ` AND service IN (
  SELECT service FROM report_alert WHERE ` + beganThen + ` GROUP BY 1 ORDER BY count(*) DESC LIMIT 20)
GROUP BY 1, 2 ORDER BY 1`)},
		})).
		WithPanel(list(panel{
			title: "Alerts that fire most", about: "Of alerts that are over, by name and service; the time is how long one fired, in seconds.", unit: "none", columns: 24,
			queries: []query{rows(`SELECT alert, service, severity, count(*) AS times, round(avg(seconds)) AS "fired for"
FROM report_alert WHERE ` + beganThen + ` GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 50`)},
		}))
}

func timesOf(column string) string {
	return `SELECT date_trunc('$bucket', opened_at) AS time, avg(` + column + `) AS mean,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY ` + column + `) AS half, percentile_cont(0.9) WITHIN GROUP (ORDER BY ` + column + `) AS "90 %"
FROM report_incident WHERE ` + openedThen + ` AND ` + column + ` IS NOT NULL GROUP BY 1 ORDER BY 1`
}

func onCall() *dashboard.DashboardBuilder {
	return onRows("Rouse: on call", "What on call costs people, from the reporting views of PostgreSQL. It is no ranking.").
		WithPanel(list(panel{
			title: "Pages by person", about: "Night pages are urgent ones between 22:00 and 07:00 where the person is; nights are those with one.", unit: "short", columns: 24,
			queries: []query{rows(`SELECT person, count(*) AS pages, count(DISTINCT incident) AS incidents, count(*) FILTER (WHERE night) AS "night pages",
  count(DISTINCT night_of) AS nights
FROM report_page WHERE ` + pagedThen + ` GROUP BY 1 ORDER BY 1`)},
		})).
		WithPanel(bars(panel{
			title: "Pages", about: "How often each person was paged.", unit: "short", columns: 12,
			queries: []query{series(`SELECT date_trunc('$bucket', paged_at) AS time, person AS metric, count(*) AS pages
FROM report_page WHERE ` + pagedThen + ` GROUP BY 1, 2 ORDER BY 1`)},
		})).
		WithPanel(bars(panel{
			title: "Night pages", about: "Urgent pages between 22:00 and 07:00 where the person is.", unit: "short", columns: 12,
			queries: []query{series(`SELECT date_trunc('$bucket', paged_at) AS time, person AS metric, count(*) FILTER (WHERE night) AS pages
FROM report_page WHERE ` + pagedThen + ` GROUP BY 1, 2 ORDER BY 1`)},
		})).
		WithPanel(bars(panel{
			title: "Pages by service", about: "Of which services people were paged.", unit: "short", columns: 12,
			queries: []query{series(`SELECT date_trunc('$bucket', paged_at) AS time, service AS metric, count(*) AS pages
FROM report_page WHERE ` + pagedThen + ` GROUP BY 1, 2 ORDER BY 1`)},
		})).
		WithPanel(bars(panel{
			title: "Messages by kind", about: "What was sent to people and channels, by what kind of channel; of all teams.", unit: "short", columns: 12,
			queries: []query{series(`SELECT date_trunc('$bucket', created_at) AS time, kind AS metric, count(*) AS messages
FROM report_message WHERE ` + sentThen + ` GROUP BY 1, 2 ORDER BY 1`)},
		})).
		WithPanel(list(panel{
			title: "What became of messages", about: "By kind and provider; of all teams.", unit: "short", columns: 24,
			queries: []query{rows(`SELECT kind, provider, status, count(*) AS messages FROM report_message WHERE ` + sentThen + ` GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`)},
		}))
}
