/** Expressions to begin with, each with a payload of the kind that it reads. */
export const templates = [
  {
    name: 'Grafana',
    transform: `map(body.alerts, {{
  status: .status,
  labels: .labels,
  annotations: .annotations,
  startsAt: .startsAt,
  endsAt: .endsAt,
  fingerprint: .fingerprint,
  generatorURL: .generatorURL
}})`,
    sample: JSON.stringify(
      { status: 'firing', alerts: [{ status: 'firing', labels: { alertname: 'HighLoad', service: 'web' }, annotations: { summary: 'Load is high' }, startsAt: '2026-03-01T12:00:00Z', endsAt: '0001-01-01T00:00:00Z', fingerprint: 'c1', generatorURL: 'https://grafana.example.org/alerting/1' }] },
      null,
      1,
    ),
  },
  {
    name: 'Zabbix',
    transform: `{
  status: body.value == "1" ? "firing" : "resolved",
  fingerprint: "zabbix-" + body.event_id,
  labels: {alertname: body.name, service: body.host, severity: body.severity},
  annotations: {summary: body.name + " on " + body.host}
}`,
    sample: JSON.stringify({ event_id: '42', value: '1', name: 'Disk is full', host: 'db-1', severity: 'High' }, null, 1),
  },
]
