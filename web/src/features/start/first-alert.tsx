import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { Heard } from '@/features/integrations/heard'
import { NewKey, Snippets } from '@/features/integrations/integration'
import { useKey } from '@/features/integrations/key'
import { Read } from '@/features/integrations/read'
import { listIncidentsV1, type IntegrationBody } from '@/shared/api/client'
import { servicesQuery } from '@/shared/api/directory'
import { keys } from '@/shared/api/keys'

/** Where alerts come from, until the first one is there, and what was made of it. */
export function FirstAlert({ integrations, why }: { integrations: IntegrationBody[]; why: string | undefined }) {
  const i = integrations.find((one) => one.first_at !== null) ?? integrations[0]
  const known = useKey(i?.id ?? '')
  if (i === undefined) {
    return (
      <p>
        There is no integration yet: <Link to="/integrations" className="underline">make one</Link>, and come back.
      </p>
    )
  }
  return (
    <>
      {i.first_at === null ? (
        <>
          <p className="mb-2">
            Paste this into Alertmanager, or try it from a shell.{' '}
            {known === undefined ? (
              <>
                The server printed the key of <bdi className="font-medium">{i.name}</bdi> at its first start, once. You can make another, which then stands in it; the one before ends.
              </>
            ) : null}
          </p>
          {known === undefined ? (
            <div className="my-3">
              <NewKey integration={i} why={why} atOnce />
            </div>
          ) : null}
          <Snippets integration={i} />
        </>
      ) : null}
      <Heard integration={i} />
      {i.first_at === null ? null : <Mapped since={i.first_at} />}
    </>
  )
}

/** How the first alert was read: which label said what, and where that is mended. */
function Mapped({ since }: { since: string }) {
  const { data } = useQuery({
    queryKey: [...keys.history, 'first', since],
    // The moment is kept to the second.
    queryFn: async ({ signal }) => (await listIncidentsV1({ query: { since: new Date(Date.parse(since) - 2000).toISOString(), sort: 'opened_at', limit: 5 }, signal })).data.incidents ?? [],
  })
  const { data: services } = useQuery(servicesQuery)
  const first = data?.find((i) => !i.manual)
  if (first === undefined) return null
  const service = services?.find((s) => s.name === first.service)
  return (
    <div className="mt-3">
      <p>
        It opened{' '}
        <Link to="/i/$ref" params={{ ref: String(first.number) }} className="underline">
          #{first.number} <bdi>{first.title}</bdi>
        </Link>
        , and was read so:
      </p>
      <Read incident={first} />
      {service === undefined ? null : (
        <p>
          {service.unclaimed ? 'Nobody has claimed the service yet: the default policy pages for it. ' : ''}
          <Link to="/services/$id" params={{ id: service.id }} className="underline">
            Say whose <bdi>{service.name}</bdi> is, and who is paged for it
          </Link>
        </p>
      )}
    </div>
  )
}
