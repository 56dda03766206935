import { Link } from '@tanstack/react-router'

import type { IncidentBody } from '@/shared/api/client'
import { shortly } from '@/shared/lib/time'

const most = 12
const colours: Record<IncidentBody['severity'], string> = { critical: 'bg-critical', error: 'bg-error', warning: 'bg-warning', info: 'bg-info', none: 'bg-info' }

/** A lane for each service, a bar for each incident, from its beginning to its end. */
export function Lanes({ list, now }: { list: IncidentBody[]; now: number }) {
  if (list.length === 0) return null
  const end = (i: IncidentBody) => (i.resolved_at === null ? now : Date.parse(i.resolved_at))
  const from = Math.min(...list.map((i) => Date.parse(i.opened_at)))
  const to = Math.max(...list.map(end), from + 60_000)
  const share = (ms: number) => `${(100 * ms) / (to - from)}%`
  const byService = new Map<string, IncidentBody[]>()
  for (const i of list) byService.set(i.service, [...(byService.get(i.service) ?? []), i])
  const lanes = [...byService].toSorted((a, b) => b[1].length - a[1].length)
  return (
    <figure className="my-4" aria-label="Incidents over time, by service">
      <div className="flex justify-between pl-32 text-xs text-muted sm:pl-48">
        <time dateTime={new Date(from).toISOString()}>{shortly(new Date(from).toISOString(), now)}</time>
        <time dateTime={new Date(to).toISOString()}>{shortly(new Date(to).toISOString(), now)}</time>
      </div>
      {lanes.slice(0, most).map(([service, of]) => (
        <div key={service} className="flex items-center border-b border-line">
          <bdi className="w-32 shrink-0 truncate pr-2 text-sm sm:w-48">{service}</bdi>
          <div className="relative h-6 grow">
            {of.map((i) => (
              <Link
                key={i.id}
                to="/i/$ref"
                params={{ ref: String(i.number) }}
                tabIndex={-1}
                aria-hidden="true"
                title={`#${i.number} ${i.severity}: ${i.title}`}
                className={`absolute top-1 h-4 min-w-1 rounded-xs hover:opacity-100 ${i.status === 'resolved' ? 'opacity-40' : 'opacity-90'} ${colours[i.severity]}`}
                style={{ left: share(Date.parse(i.opened_at) - from), width: share(end(i) - Date.parse(i.opened_at)) }}
              />
            ))}
          </div>
        </div>
      ))}
      <figcaption className="mt-1 text-xs text-muted">{lanes.length > most ? `The ${most} services with the most of the ${lanes.length} below. ` : ''}The list has each of them in words.</figcaption>
    </figure>
  )
}
