import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import type { PastBody, SimilarBody } from '@/shared/api/client'
import { duration } from '@/shared/lib/time'
import { At } from '@/shared/ui/age'
import { similarQuery } from './queries'

/** "4 in 30 days, usually healed in 6 min". */
export function usually(s: SimilarBody): string {
  const over = s.healed + s.answered + s.resolved_by_people
  const how = s.healed * 2 > over ? 'usually healed' : s.resolved_by_people * 2 > over ? 'usually resolved by people' : 'usually over'
  const often = `${s.truncated ? 'more than ' : ''}${s.count} in 30 days`
  return s.median_seconds === null ? often : `${often}, ${how} in ${duration(s.median_seconds * 1000)}`
}

/** How one of them ended: "healed after 6 min", "resolved by Ben after 1 h 02 min". */
export function ended(p: Pick<PastBody, 'resolved_at' | 'opened_at' | 'status'> & { resolved_by: PastBody['resolved_by'] | null; assignee: string | null }): string {
  if (p.resolved_at === null) return p.status
  const by = p.resolved_by
  const how = by?.kind === 'user' || by?.kind === 'token' ? `resolved by ${by.name}` : p.assignee === null || p.assignee === '' ? 'healed' : `healed, ${p.assignee} had it,`
  return `${how} after ${duration(Date.parse(p.resolved_at) - Date.parse(p.opened_at))}`
}

/** What something like it came to before. */
export function Similar({ id }: { id: string }) {
  const { data } = useQuery(similarQuery(id))
  if (data === undefined || data.count === 0) return null
  return (
    <details className="mt-6">
      <summary className="min-h-9 cursor-pointer">
        <span className="font-semibold">Similar past incidents:</span> {usually(data)}
      </summary>
      <ul className="mt-1 divide-y divide-line border-y border-line">
        {(data.newest ?? []).map((p) => (
          <li key={p.id} className="flex flex-wrap gap-x-3 py-1.5">
            <Link to="/i/$ref" params={{ ref: String(p.number) }} className="underline">
              #{p.number} <bdi>{p.title}</bdi>
            </Link>
            <span className="text-muted">
              <At time={p.opened_at} />
              {', '}
              <bdi>{ended(p)}</bdi>
            </span>
          </li>
        ))}
      </ul>
    </details>
  )
}
