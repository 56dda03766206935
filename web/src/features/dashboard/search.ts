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

/** Takes what the URL says; what is no filter is left out. */
export function parseSearch(search: Record<string, unknown>): Filters {
  const out: Filters = {}
  for (const n of filterNames) {
    const v = search[n]
    if (typeof v === 'string' && v !== '') out[n] = v
    if (typeof v === 'number') out[n] = String(v)
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
