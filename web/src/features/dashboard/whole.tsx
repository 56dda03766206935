import { useQuery } from '@tanstack/react-query'

import { servicesQuery, teamsQuery, usersQuery } from '@/shared/api/directory'
import { matching } from '@/shared/lib/matching'
import type { Filters } from './search'

const most = 6

/** Where nothing fits, it may be by a filter for what there is not: that is named. */
export function Whole({ filters, change }: { filters: Filters; change: (c: Filters) => void }) {
  const { team, assignee } = filters
  const { data: teams } = useQuery(teamsQuery)
  const { data: users } = useQuery(usersQuery)
  return (
    <>
      <WholeService filters={filters} change={change} />
      {team === undefined || teams === undefined || teams.some((t) => t.name === team || t.id === team) ? null : <None what="team" called={team} />}
      {assignee === undefined || users === undefined || users.some((u) => u.email === assignee || u.name === assignee) ? null : <None what="person" called={assignee} />}
    </>
  )
}

const None = ({ what, called }: { what: string; called: string }) => (
  <span className="mt-2 block">
    There is no {what} “<bdi>{called}</bdi>”.
  </span>
)

/** A service is found by its whole name, here as in the API; whoever wrote a part of one is offered those that have it. */
function WholeService({ filters: { service }, change }: { filters: Filters; change: (c: Filters) => void }) {
  const { data: services } = useQuery(servicesQuery)
  if (service === undefined || services === undefined || services.some((s) => s.name === service || s.id === service)) return null
  const alike = matching(services, service, (s) => s.name)
  return (
    <span className="mt-2 block">
      No service is called “<bdi>{service}</bdi>”{alike.length === 0 ? '.' : ':'}
      {alike.slice(0, most).map((s) => (
        <button key={s.id} type="button" onClick={() => change({ service: s.name })} className="ml-2 inline-flex min-h-9 max-w-full items-center text-text underline">
          <bdi className="truncate">{s.name}</bdi>
        </button>
      ))}
      {alike.length > most ? ` and ${alike.length - most} more` : ''}
    </span>
  )
}
