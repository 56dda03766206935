import type { IncidentBody } from '@/shared/api/client'

/** What an incident is about, in a line: service, environment, title. However long a name is, the title has room. */
export function Named({ incident: i, title = 'text-muted' }: { incident: IncidentBody; title?: string }) {
  return (
    <>
      <bdi className="inline-block max-w-3/5 truncate align-bottom font-medium lg:max-w-2/5">{i.service}</bdi> <span className="text-muted">·</span>{' '}
      <bdi className="inline-block max-w-1/3 truncate align-bottom font-medium lg:max-w-1/4">{i.environment}</bdi> <bdi className={title}>{i.title}</bdi>
    </>
  )
}
