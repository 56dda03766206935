/** What to paste into alertmanager.yml. */
export function alertmanagerSnippet(url: string, key: string): string {
  return `route:
  receiver: rouse
  group_wait: 5s
  group_interval: 1m
  repeat_interval: 1h
receivers:
  - name: rouse
    webhook_configs:
      - url: ${url}/alerts
        send_resolved: true
        max_alerts: 0
        http_config:
          authorization:
            credentials: ${key}
`
}

/** What to run in a shell to see one arrive: a warning, which pages nobody for two minutes. */
export function curlSnippet(url: string, key: string, now: Date): string {
  const alert = { status: 'firing', labels: { alertname: 'Hello', service: 'hello', severity: 'warning' }, annotations: { summary: 'The first alert' }, startsAt: now.toISOString() }
  return `curl ${url}/alerts \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -d '${JSON.stringify({ version: '4', status: 'firing', alerts: [alert] })}'
`
}
