import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { Heard } from '@/features/integrations/heard'
import { NewKey, Snippets } from '@/features/integrations/integration'
import { listIncidentsV1, type IncidentBody, type IntegrationBody } from '@/shared/api/client'
import { servicesQuery } from '@/shared/api/directory'
import { keys } from '@/shared/api/keys'

/** Where alerts come from, until the first one is there, and what was made of it. */
export function FirstAlert({ integrations, why }: { integrations: IntegrationBody[]; why: string | undefined }) {
  const i = integrations.find((one) => one.first_at !== null) ?? integrations[0]
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
            Paste this into Alertmanager, or try it from a shell. The server printed the key of <bdi className="font-medium">{i.name}</bdi> at its first start, once.
          </p>
          <Snippets integration={i} />
          <div className="my-3">
            <NewKey integration={i} why={why} />
          </div>
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
      <dl className="my-2 grid grid-cols-[auto_1fr] gap-x-4">
        {mapped(first).map((m) => (
          <div key={m.what} className="contents">
            <dt className="text-muted">{m.what}</dt>
            <dd>
              <bdi className="font-medium">{m.is}</bdi> <span className="text-muted">{m.from === undefined ? '' : `from the label ${m.from}`}</span>
            </dd>
          </div>
        ))}
      </dl>
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

/** What was made of the labels, and of which; where several say the same, the first that could. */
export function mapped(i: IncidentBody): { what: string; is: string; from?: string }[] {
  const labels = i.source_alert.labels ?? {}
  const from = (is: string, of: string[]) => {
    const name = of.find((l) => labels[l]?.toLowerCase() === is.toLowerCase())
    return name === undefined ? { is } : { is, from: name }
  }
  return [
    { what: 'Service', ...from(i.service, ['service', 'app_kubernetes_io_name', 'app', 'job', 'deployment', 'statefulset', 'daemonset', 'container', 'namespace']) },
    { what: 'Environment', ...from(i.environment, ['environment', 'env', 'cluster']) },
    { what: 'Severity', ...from(i.severity, ['severity']) },
  ]
}
