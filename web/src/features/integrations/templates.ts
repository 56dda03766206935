/** Expressions to begin with, each with a payload of the kind that it reads. */
export const ofWebhook = [
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

/** The same for mail. */
export const ofMail = [
  {
    name: 'What begins with RESOLVED, OK or RECOVERED ends',
    transform: `{
  status: body.status,
  fingerprint: body.thread,
  labels: {alertname: body.thread, service: body.integration, severity: body.severity},
  annotations: {summary: body.subject, description: body.text, from: body.from}
}`,
    sample: JSON.stringify({ subject: 'RESOLVED: Disk is full on db-1', thread: 'Disk is full on db-1', status: 'resolved', severity: '', text: 'There is room again.', from: 'monitor@example.org', date: '2026-03-01T12:00:00Z', message_id: '1@example.org', integration: 'disks' }, null, 1),
  },
  {
    name: 'The service stands in brackets in the subject',
    transform: `let service = split(split(body.subject + "[", "[")[1] + "]", "]")[0];
{
  status: body.status,
  fingerprint: body.thread,
  labels: {alertname: body.thread, service: service == "" ? body.integration : service, severity: body.severity},
  annotations: {summary: body.subject, description: body.text}
}`,
    sample: JSON.stringify({ subject: 'PROBLEM: [payments] queue is long', thread: '[payments] queue is long', status: 'firing', severity: '', text: '12,000 wait.', from: 'monitor@example.org', date: '2026-03-01T12:00:00Z', message_id: '2@example.org', integration: 'queues' }, null, 1),
  },
]
