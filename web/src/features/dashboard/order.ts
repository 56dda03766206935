import type { IncidentBody } from '@/shared/api/client'

const ranks: Record<IncidentBody['severity'], number> = { critical: 4, error: 3, warning: 2, info: 1, none: 0 }

/** Worst first, then the oldest. */
export function worstFirst(list: IncidentBody[]): IncidentBody[] {
  const since = new Map(list.map((i) => [i.id, Date.parse(i.opened_at)])) // once for each: of ten thousand it is most of the work
  const at = (i: IncidentBody) => since.get(i.id) ?? 0
  return list.toSorted((a, b) => ranks[b.severity] - ranks[a.severity] || at(a) - at(b) || a.number - b.number)
}

/** How many unresolved incidents a service has of each severity, the worst service first. */
export function matrix(list: IncidentBody[]): { service: string; counts: Partial<Record<IncidentBody['severity'], number>> }[] {
  const rows = new Map<string, Partial<Record<IncidentBody['severity'], number>>>()
  for (const i of list) {
    const counts = rows.get(i.service) ?? {}
    counts[i.severity] = (counts[i.severity] ?? 0) + 1
    rows.set(i.service, counts)
  }
  const weight = (c: Partial<Record<IncidentBody['severity'], number>>) => (c.critical ?? 0) * 1e6 + (c.error ?? 0) * 1e3 + (c.warning ?? 0)
  return [...rows].map(([service, counts]) => ({ service, counts })).sort((a, b) => weight(b.counts) - weight(a.counts) || a.service.localeCompare(b.service))
}
