/** What can send, in the order in which people are offered it. */
export const kinds = [
  { value: 'alertmanager', text: 'Alertmanager', hint: 'One for each Alertmanager (a pair that shares its alerts is one). Its key can only send alerts.' },
  { value: 'prometheus', text: 'Prometheus, without Alertmanager', hint: 'Prometheus sends straight to Rouse. What it does not send any more is over once it was heard for long enough without it.' },
  { value: 'pagerduty', text: 'What sends to PagerDuty', hint: 'Events API v2: the sender changes its address and its routing key.' },
  { value: 'opsgenie', text: 'What sends to Opsgenie', hint: 'Alert API: the sender changes its address and its key.' },
  { value: 'webhook', text: 'Any webhook', hint: 'Any JSON: an expression makes alerts of it, tried on what came last.' },
  { value: 'email', text: 'Mail', hint: 'What can only send mail gets an address of its own.' },
  { value: 'heartbeat', text: 'A heartbeat', hint: 'A sign of life, of a backup or of Prometheus’ Watchdog: an incident opens where it does not come.' },
] as const

export type IntegrationKind = (typeof kinds)[number]['value']

export const kindText = (kind: string): string => kinds.find((k) => k.value === kind)?.text ?? kind
