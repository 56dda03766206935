import type { IncidentBody } from '@/shared/api/client'

const order = ['critical', 'error', 'warning', 'info', 'none']

export interface Health {
  incidents: number
  worst: IncidentBody['severity']
}

/** How the services are that are not well: those with unresolved incidents. */
export function healthOf(unresolved: Pick<IncidentBody, 'service' | 'severity'>[]): Map<string, Health> {
  const out = new Map<string, Health>()
  for (const i of unresolved) {
    const h = out.get(i.service)
    if (h === undefined) out.set(i.service, { incidents: 1, worst: i.severity })
    else out.set(i.service, { incidents: h.incidents + 1, worst: order.indexOf(i.severity) < order.indexOf(h.worst) ? i.severity : h.worst })
  }
  return out
}

/** The worst first, then by name. */
export function byHealth<T extends { name: string }>(list: T[], health: Map<string, Health>): T[] {
  const rank = (s: T) => {
    const h = health.get(s.name)
    return h === undefined ? order.length : order.indexOf(h.worst)
  }
  return list.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
}
