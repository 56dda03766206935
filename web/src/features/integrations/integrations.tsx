import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { directoryCan } from '@/features/directory/can'
import { List } from '@/features/directory/list'
import { integrationsQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { lineLook } from '@/shared/ui/page'
import { HeardShort } from './heard'
import { kindText } from './kinds'
import { NewIntegration } from './new-integration'

/** Where alerts come from. */
export function Integrations() {
  const { data: me } = useQuery(sessionQuery)
  return (
    <List
      title="Integrations"
      one="integration"
      query={useQuery(integrationsQuery)}
      why={directoryCan.edit(me)}
      form={(close) => <NewIntegration close={close} />}
      words={(i) => i.name}
      empty={{ title: 'Nothing can send alerts yet', text: 'Make an integration: it gives you what to paste where alerts come from.' }}
      line={(i) => (
        <li key={i.id} className={lineLook}>
          <Link to="/integrations/$id" params={{ id: i.id }} className="inline-flex min-h-9 items-center font-medium underline">
            <bdi>{i.name}</bdi>
          </Link>
          <span className="grow text-muted">{kindText(i.kind)}</span>
          {i.disabled ? <strong className="text-warning">disabled</strong> : <HeardShort integration={i} />}
        </li>
      )}
    />
  )
}
