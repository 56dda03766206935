import type { PastBody } from '@/shared/api/client'
import { duration } from '@/shared/lib/time'

/** How an incident ended: "healed after 6 min", "resolved by Ben after 1 h 02 min". */
export function ended(p: Pick<PastBody, 'resolved_at' | 'opened_at' | 'status'> & { resolved_by: PastBody['resolved_by'] | null; assignee: string | null }): string {
  if (p.resolved_at === null) return p.status
  const by = p.resolved_by
  const how = by?.kind === 'user' || by?.kind === 'token' ? `resolved by ${by.name}` : p.assignee === null || p.assignee === '' ? 'healed' : `healed, ${p.assignee} had it,`
  return `${how} after ${duration(Date.parse(p.resolved_at) - Date.parse(p.opened_at))}`
}
