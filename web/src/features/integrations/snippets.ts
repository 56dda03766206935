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

interface Pasted {
  label: string
  text: string
}

/** What to paste where, by what sends. */
export function snippetsOf(kind: string, url: string, mailDomain: string, key: string, now: Date): Pasted[] {
  const json = "-H 'Content-Type: application/json'"
  const below = `${url}/k/${key}`
  switch (kind) {
    case 'prometheus':
      return [
        { label: 'prometheus.yml', text: prometheusSnippet(url, key) },
        { label: 'Or try it with amtool', text: `amtool --alertmanager.url=${below} alert add alertname=Hello service=hello severity=warning\n` },
      ]
    case 'pagerduty': {
      const event = { routing_key: key, event_action: 'trigger', dedup_key: 'hello', payload: { summary: 'The first event', source: 'a shell', severity: 'warning', component: 'hello' } }
      return [
        { label: 'alertmanager.yml, or any sender', text: `pagerduty_configs:\n  - url: ${url}/v2/enqueue\n    routing_key: ${key}\n    component: '{{ .CommonLabels.service }}'\n    class: '{{ .CommonLabels.alertname }}'\n` },
        { label: 'Or try it from a shell', text: `curl ${url}/v2/enqueue ${json} \\\n  -d '${JSON.stringify(event)}'\n` },
      ]
    }
    case 'opsgenie': {
      const alert = { message: 'The first alert', alias: 'hello', details: { service: 'hello' }, priority: 'P3' }
      return [
        { label: 'alertmanager.yml, or any sender', text: `opsgenie_configs:\n  - api_url: ${url}/\n    api_key: ${key}\n` },
        { label: 'Or try it from a shell', text: `curl ${url}/v2/alerts ${json} \\\n  -H 'Authorization: GenieKey ${key}' \\\n  -d '${JSON.stringify(alert)}'\n` },
      ]
    }
    case 'webhook':
      return [
        { label: 'Where the sender asks for an address', text: `${below}/webhook\n` },
        { label: 'Or try it from a shell', text: `curl ${url}/webhook ${json} \\\n  -H 'Authorization: Bearer ${key}' \\\n  -d '{"state": "firing", "name": "Hello"}'\n` },
      ]
    case 'email':
      return mailDomain === '' ? [] : [{ label: 'The address to send mail to', text: `${key}@${mailDomain}\n` }]
    case 'heartbeat':
      return [
        { label: 'At the end of a job', text: `curl -fsS -m 10 --retry 3 '${url}/heartbeat/${key}?service=backup'\n` },
        { label: 'Prometheus’ Watchdog, in alertmanager.yml', text: watchdogSnippet(url, key) },
      ]
  }
  return [
    { label: 'alertmanager.yml', text: alertmanagerSnippet(url, key) },
    { label: 'Or try it from a shell', text: curlSnippet(url, key, now) },
  ]
}

function prometheusSnippet(url: string, key: string): string {
  const { protocol, host } = new URL(url)
  return `alerting:
  alertmanagers:
    - scheme: ${protocol.replace(':', '')}
      static_configs: [{targets: ['${host}']}]
      authorization: {credentials: ${key}}
`
}

function watchdogSnippet(url: string, key: string): string {
  return `route:
  routes:
    - matchers: ['alertname="Watchdog"']
      receiver: watchdog
      group_wait: 0s
      group_interval: 1m
      repeat_interval: 1m
receivers:
  - name: watchdog
    webhook_configs:
      - {url: '${url}/heartbeat/${key}', send_resolved: false}
`
}
