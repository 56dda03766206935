import { priorities } from '@/features/incident/can'
import type { IncidentBody } from '@/shared/api/client'

/** The filters of lists, as they stand in the URL. */
export interface Filters {
  severity?: string
  priority?: string
  service?: string
  environment?: string
  team?: string
  assignee?: string
  q?: string
  since?: string
  until?: string
}

export const filterNames = ['severity', 'priority', 'service', 'environment', 'team', 'assignee', 'q', 'since', 'until'] as const

const isDay = (v: string) => /^\d{4}-\d{2}-\d{2}$/.test(v) && dayStart(v) !== undefined

/** What a filter can be, where that is known, and how it is said. */
const valid: Partial<Record<keyof Filters, { is: (v: string) => boolean; not: string }>> = {
  severity: { is: (v) => ['critical', 'error', 'warning', 'info', 'none'].includes(v), not: 'a severity' },
  priority: { is: (v) => (priorities as readonly string[]).includes(v), not: 'a priority' },
  since: { is: isDay, not: 'a day like 2026-03-02' },
  until: { is: isDay, not: 'a day like 2026-03-02' },
}

const said = (v: unknown): string => (typeof v === 'string' || typeof v === 'number' ? String(v) : '')

/** What the URL says that no filter can be. */
export const nonsense = (search: Record<string, unknown>): { name: string; value: string; not: string }[] =>
  filterNames.flatMap((name) => {
    const value = said(search[name])
    const v = valid[name]
    return value === '' || v === undefined || v.is(value) ? [] : [{ name, value: value.slice(0, 60), not: v.not }]
  })

/** Takes what the URL says; what is no filter, or cannot be one, is left out. */
export function parseSearch(search: Record<string, unknown>): Filters {
  const out: Filters = {}
  for (const n of filterNames) {
    const v = said(search[n])
    if (v !== '' && valid[n]?.is(v) !== false) out[n] = v
  }
  return out
}

/** How many of them are set. */
export const filtersSet = (f: Filters): number => filterNames.filter((n) => f[n] !== undefined && f[n] !== '').length

/** A day as a moment: its beginning, or its end, by this device's zone. */
export function dayStart(day: string): Date | undefined {
  const d = new Date(`${day}T00:00:00`)
  return Number.isNaN(d.getTime()) ? undefined : d
}

export function dayEnd(day: string): Date | undefined {
  const d = dayStart(day)
  d?.setDate(d.getDate() + 1)
  return d
}

/** What of the unresolved incidents, which are all here, fits the filters: by the rules of the API's list. */
export function fits(f: Filters, names: { team: (id: string) => string | undefined; user: (email: string) => string | undefined }): (i: IncidentBody) => boolean {
  const since = f.since === undefined ? undefined : dayStart(f.since)?.getTime()
  const until = f.until === undefined ? undefined : dayEnd(f.until)?.getTime()
  const q = f.q?.toLowerCase().replace(/^#/, '')
  const same = (wanted: string | undefined, is: string | undefined) => wanted === undefined || wanted === is
  return (i) =>
    same(f.severity, i.severity) &&
    same(f.priority, i.priority) &&
    same(f.service, i.service) &&
    same(f.environment, i.environment) &&
    (f.team === undefined || (i.team !== undefined && (f.team === i.team || f.team === names.team(i.team)))) &&
    (f.assignee === undefined || i.assignee === (names.user(f.assignee) ?? f.assignee)) &&
    (since === undefined || Date.parse(i.opened_at) >= since) &&
    (until === undefined || Date.parse(i.opened_at) < until) &&
    (q === undefined || [String(i.number), i.title, i.service, i.environment, ...Object.values(i.source_alert.labels)].some((t) => t.toLowerCase().includes(q)))
}
