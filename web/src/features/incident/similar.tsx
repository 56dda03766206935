import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import type { SimilarBody } from '@/shared/api/client'
import { duration } from '@/shared/lib/time'
import { At } from '@/shared/ui/age'
import { ended } from './ended'
import { similarQuery } from './queries'

/** "4 in 30 days, usually healed in 6 min". */
export function usually(s: SimilarBody): string {
  const over = s.healed + s.answered + s.resolved_by_people
  const how = s.healed * 2 > over ? 'usually healed' : s.resolved_by_people * 2 > over ? 'usually resolved by people' : 'usually over'
  const often = `${s.truncated ? 'more than ' : ''}${s.count} in 30 days`
  return s.median_seconds === null ? often : `${often}, ${how} in ${duration(s.median_seconds * 1000)}`
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
