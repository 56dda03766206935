import type { PastBody } from '@/shared/api/client'
import { duration } from '@/shared/lib/time'

/** How an incident ended: "healed after 6 min", "resolved after 1 h 02 min by Ben". What may be cut off comes last. */
export function ended(p: Pick<PastBody, 'resolved_at' | 'opened_at' | 'status'> & { resolved_by: PastBody['resolved_by'] | null; assignee: string | null; merged_into?: { number: number } | null }): string {
  if (p.merged_into != null) return `merged into #${p.merged_into.number}`
  if (p.resolved_at === null) return p.status
  const after = `after ${duration(Date.parse(p.resolved_at) - Date.parse(p.opened_at))}`
  const by = p.resolved_by
  if (by?.kind === 'user' || by?.kind === 'token') return `resolved ${after} by ${by.name}`
  return `healed ${after}${p.assignee === null || p.assignee === '' ? '' : `, ${p.assignee} had it`}`
}
