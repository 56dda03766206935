import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { directoryCan } from '@/features/directory/can'
import { List } from '@/features/directory/list'
import type { PolicyBody } from '@/shared/api/client'
import { policiesQuery, servicesQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { lineLook } from '@/shared/ui/page'
import { NewPolicy } from './new-policy'

/** Who is called, in what order. */
export function Policies() {
  const { data: me } = useQuery(sessionQuery)
  const { data: services } = useQuery(servicesQuery)
  const used = (p: PolicyBody) => (services ?? []).filter((s) => (s.escalation_policy === undefined ? p.default : s.escalation_policy === p.name)).length
  return (
    <List
      title="Escalation policies"
      one="policy"
      query={useQuery(policiesQuery)}
      why={directoryCan.edit(me)}
      form={(close) => <NewPolicy close={close} />}
      words={(p) => p.name}
      empty={{ title: 'There is no escalation policy yet', text: 'A policy says who is called first, and who next if nobody answers.' }}
      line={(p) => (
        <li key={p.id} className={lineLook}>
          <Link to="/policies/$id" params={{ id: p.id }} className="inline-flex min-h-9 items-center font-medium underline">
            <bdi>{p.name}</bdi>
          </Link>
          {p.default ? <strong>default</strong> : null}
          <span className="grow text-muted">
            <bdi>{(p.levels ?? []).map((l) => (l.targets ?? []).map((t) => t.name ?? 'admins').join(', ')).join(' → ')}</bdi>
          </span>
          <span className="text-muted">
            {used(p)} {used(p) === 1 ? 'service' : 'services'}
          </span>
        </li>
      )}
    />
  )
}
