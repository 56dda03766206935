import type { InsightBody, NoiseBody, PagedBody, TallyBody } from '@/shared/api/client'

const tally = (incidents: number, healed: number): TallyBody => ({
  incidents, open: 1, acknowledged: 0, resolved: incidents - 1, answered: incidents - 1 - healed, healed,
  to_acknowledge: { of: incidents - 1 - healed, p50_seconds: 95, p90_seconds: 900 }, to_resolve: { of: incidents - 1, p50_seconds: 1260, p90_seconds: 7200 },
})

const noise = (alert: string, service: string, more: Partial<NoiseBody> = {}): NoiseBody => ({ alert, service, severity: 'warning', advice: '', hold_seconds: 0, spared: 0, ...tally(9, 6), ...more })

const days = (n: number) => Array.from({ length: n }, (_, i) => ({ date: new Date(Date.UTC(2026, 1, 2 + i)).toISOString().slice(0, 10), opened: i % 4, resolved: i % 3 }))

/** What the API says of a time in which something of everything happened. */
export const measured = (): InsightBody => ({
  since: '2026-02-02T00:00:00Z', until: '2026-03-02T00:00:00Z', zone: 'UTC', all: tally(42, 12), days: days(28),
  services: [{ id: 's-pay', name: 'payments', ...tally(30, 4) }, { id: 's-gone', name: '', ...tally(12, 8) }],
  teams: [{ id: 't-web', name: 'web', ...tally(30, 4) }, { id: '', name: '', ...tally(12, 8) }],
  hours: Array.from({ length: 168 }, (_, h) => (h % 24 === 3 ? h % 5 : 0)),
  service_days: [{ id: 's1', service: 'payments', opened: days(28).map((d) => d.opened) }, { id: '', service: '(no service)', opened: days(28).map(() => 1) }],
  noise: [noise('CardsDown', 'payments', { severity: 'critical', advice: 'hold', hold_seconds: 300, spared: 5 }), noise('=cmd', 'search')],
  unanswered: [noise('NodeClock', 'search', { advice: 'drop' })],
})

export const paged: PagedBody[] = [
  { id: 'u-ana', name: 'Ana', email: 'ana@example.org', zone: 'Europe/Madrid', pages: 31, incidents: 17, night_pages: 4, nights: 2 },
  { id: 'u-ben', name: 'Ben', email: 'ben@example.org', zone: 'Asia/Singapore', pages: 0, incidents: 0, night_pages: 0, nights: 0 },
]
