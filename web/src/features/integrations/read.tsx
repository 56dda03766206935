import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { listIncidentsV1, type IncidentBody, type IntegrationBody } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { Age } from '@/shared/ui/age'
import { Failed } from '@/shared/ui/states'

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

/** How an incident's first alert was read: which label said what. */
export function Read({ incident }: { incident: IncidentBody }) {
  return (
    <dl className="my-2 grid grid-cols-[auto_1fr] gap-x-4">
      {mapped(incident).map((m) => (
        <div key={m.what} className="contents">
          <dt className="text-muted">{m.what}</dt>
          <dd>
            <bdi className="font-medium">{m.is}</bdi> <span className="text-muted">{m.from === undefined ? '' : `from the label ${m.from}`}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}

const week = 7 * 24 * 3_600_000

/** How the last alerts of an integration were read. */
export function LastRead({ integration: i }: { integration: IntegrationBody }) {
  const { data, error, refetch } = useQuery({
    queryKey: [...keys.history, 'of', i.id],
    queryFn: async ({ signal }) => (await listIncidentsV1({ query: { integration: i.id, since: new Date(Date.now() - week).toISOString(), limit: 5 }, signal })).data.incidents ?? [],
    enabled: i.first_at !== null,
  })
  if (error !== null && data === undefined) return <Failed error={error} retry={() => void refetch()} />
  if (data === undefined) return null
  if (data.length === 0) return <p className="text-muted">No alert of it has opened an incident within a week.</p>
  return (
    <ul aria-label="How the last alerts were read" className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
      {data.map((o) => (
        <li key={o.id} className="min-w-0 rounded-md border border-line p-3">
          <Link to="/i/$ref" params={{ ref: String(o.number) }} className="block truncate underline">
            #{o.number} <bdi>{o.title}</bdi>
          </Link>
          <span className="text-muted">
            opened <Age since={o.opened_at} /> ago
          </span>
          <Read incident={o} />
        </li>
      ))}
    </ul>
  )
}
