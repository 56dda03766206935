import { Api, incident } from './api'

const ago = (min: number) => new Date(Date.now() - min * 60_000).toISOString()

/** Something of everything, for development: also what is hostile. */
export function sample(): Api {
  return new Api(
    incident(4821, {
      title: 'Error rate 12% on api-7', opened_at: ago(3), alerts_count: 4, runbook_url: 'https://runbooks.example.org/errors',
      paging: [{ kind: 'user', id: 'u-ana', name: 'Ana', by: ['sms'] }],
      next: { at: ago(-4), what: 'escalate', level: 2, who: [{ kind: 'user', id: 'u-ben', name: 'Ben', by: ['sms'] }] },
    }),
    incident(4820, { service: 'auth', severity: 'error', status: 'acknowledged', assignee: 'Ben', title: 'Logins fail for 3% of people', opened_at: ago(42) }),
    incident(4819, { service: '<script>alert(1)</script>', severity: 'warning', title: `<img src=x onerror=alert(1)> ${'W'.repeat(10_000)} مرحبا 🔥`, runbook_url: 'javascript:alert(1)', opened_at: ago(90) }),
    ...Array.from({ length: 60 }, (_, n) => incident(4818 - n, { service: n % 3 === 0 ? 'search' : 'payments', severity: n % 4 === 0 ? 'error' : 'warning', status: 'resolved', opened_at: ago(200 + 300 * n), resolved_at: ago(180 + 299 * n) })),
  )
}
