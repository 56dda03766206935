import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'

import { showStorm } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { useNow } from '@/shared/lib/now'
import { duration } from '@/shared/lib/time'
import { At } from '@/shared/ui/age'

const stormQuery = queryOptions({ queryKey: keys.storm, queryFn: async ({ signal }) => (await showStorm({ signal })).data, staleTime: 5_000 })

/** Many at once are mostly one thing: what they have in common, and which was the first. It neither comes nor goes while what is below is `held`. */
export function Storm({ held }: { held: boolean }) {
  const { data: heard } = useQuery(stormQuery)
  const [s, show] = useState(heard)
  const now = useNow()
  if (heard !== s && !held) show(heard)
  if (s === undefined || s.incidents === 0) return null
  const [share, ...others] = s.shares ?? []
  return (
    <section aria-label="Storm" className="my-3 rounded-md border-2 border-critical p-3">
      <p className="text-lg font-semibold">
        {s.incidents} incidents, {s.services} services
        {/* As wide as it gets: the lines below stay where they are when it does. */}
        {s.began === null ? null : <span>, <span className="inline-block min-w-24 whitespace-nowrap">{duration(now - Date.parse(s.began))}</span></span>}
      </p>
      {share === undefined ? null : (
        <p>
          {share.alerts} of {s.alerts} alerts share <Shared {...share} />
          {others.slice(0, 3).map((o) => (
            <span key={o.name}>
              , {o.alerts} <Shared {...o} />
            </span>
          ))}
        </p>
      )}
      {s.first === null || s.first === undefined ? null : (
        <p>
          First:{' '}
          <Link to="/i/$ref" params={{ ref: String(s.first.number) }} className="underline">
            <bdi>{s.first.service}</bdi> <At time={s.first.at} />
          </Link>{' '}
          <bdi className="text-muted">{s.first.title}</bdi>
        </p>
      )}
    </section>
  )
}

function Shared({ name, value }: { name: string; value: string }) {
  return (
    <bdi className="font-mono text-xs">
      {name}={value}
    </bdi>
  )
}
