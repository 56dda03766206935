import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { directoryCan } from '@/features/directory/can'
import { List } from '@/features/directory/list'
import { unresolvedQuery } from '@/features/incident/board'
import { servicesQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { lineLook } from '@/shared/ui/page'
import { Severity } from '@/shared/ui/severity'
import { byHealth, healthOf } from './health'
import { NewService } from './new-service'

/** What breaks, and how it is now. */
export function Services() {
  const { data: me } = useQuery(sessionQuery)
  const { data: unresolved } = useQuery(unresolvedQuery)
  const services = useQuery(servicesQuery)
  const health = healthOf(unresolved ?? [])
  const unclaimed = (services.data ?? []).filter((s) => s.unclaimed).length
  return (
    <List
      title="Services"
      one="service"
      query={{ ...services, data: services.data === undefined ? undefined : byHealth(services.data, health) } as typeof services}
      why={directoryCan.edit(me)}
      form={(close) => <NewService close={close} />}
      words={(s) => `${s.name} ${s.team ?? ''} ${s.unclaimed ? 'unclaimed' : ''}`}
      empty={{ title: 'There are no services yet', text: 'An alert makes the service that it names; or make one, with its team and its escalation policy.' }}
      line={(s) => {
        const h = health.get(s.name)
        return (
          <li key={s.id} className={lineLook}>
            <span className="w-20 shrink-0">{h === undefined ? <span className="text-muted">{unresolved === undefined ? '…' : 'healthy'}</span> : <Severity severity={h.worst} />}</span>
            <Link to="/services/$id" params={{ id: s.id }} className="inline-flex min-h-9 items-center font-medium underline">
              <bdi>{s.name}</bdi>
            </Link>
            {s.unclaimed ? <strong className="text-warning">unclaimed</strong> : null}
            <span className="grow text-muted">
              <bdi>{s.team ?? 'no team'}</bdi> · <bdi>{s.escalation_policy ?? 'default policy'}</bdi>
            </span>
            {h === undefined ? null : (
              <Link to="/" search={{ service: s.name }} className="inline-flex min-h-9 items-center underline">
                {h.incidents} {h.incidents === 1 ? 'incident' : 'incidents'}
              </Link>
            )}
          </li>
        )
      }}
    >
      {unclaimed === 0 ? null : (
        <p className="mb-3 text-muted">
          {unclaimed} {unclaimed === 1 ? 'was' : 'were'} made by alerts and {unclaimed === 1 ? 'is' : 'are'} claimed by nobody: give {unclaimed === 1 ? 'it' : 'each'} a team. Until then the default policy pages.
        </p>
      )}
    </List>
  )
}
