import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Fragment, lazy, Suspense } from 'react'

import type { IncidentBody } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { Age, At } from '@/shared/ui/age'
import { Empty, Failed, Loading } from '@/shared/ui/states'
import { Long } from '@/shared/ui/long'
import { Severity } from '@/shared/ui/severity'
import { useTitle } from '@/shared/ui/title'
import { Actions, Asked, GoesOn } from './actions'
import { Alerts } from './alerts'
import { safeLink } from './labels'
import { Messages } from './messages'
import { incidentQuery } from './queries'
import { Sentence } from './sentence'
import { Timeline } from './timeline'

const route = getRouteApi('/shell/i/$ref')

const Similar = lazy(() => import('./similar').then((m) => ({ default: m.Similar })))

/** Everything needed to act, on one screen of a phone. */
export function Incident() {
  const { ref } = route.useParams()
  const queries = useQueryClient()
  // What the list knows of it is there at once, also without a network.
  const listed = () => queries.getQueryData<IncidentBody[]>(keys.unresolved)?.find((o) => o.id === ref || String(o.number) === ref)
  const { data: i, error, refetch } = useQuery({ ...incidentQuery(ref), placeholderData: listed })
  useTitle(i === undefined || i === null ? undefined : `#${i.number} ${i.title}`)
  if (i === null) {
    return (
      <Empty page title={`There is no incident ${ref}`}>
        <Link to="/history" className="underline">
          Look through past incidents
        </Link>
      </Empty>
    )
  }
  if (i === undefined) return error === null ? <Loading /> : <Failed error={error} retry={() => void refetch()} />
  return (
    <article className="pb-28 lg:pb-0">
      <p className="flex flex-wrap items-center gap-x-3">
        <Severity severity={i.severity} outline={i.status !== 'open'} />
        <span>#{i.number}</span>
        {i.priority === '' ? null : <span className="font-semibold">{i.priority}</span>}
        <Age since={i.opened_at} />
        <Standing incident={i} />
        {i.flapping ? <span title="It comes and goes: it is held until it has been quiet for a while">Flapping</span> : null}
        {i.manual ? <span title="A person opened it: only people resolve it">Opened by a person</span> : null}
      </p>
      <h1 className="mt-1 text-xl font-semibold">
        <Long text={i.title} />
      </h1>
      <Where incident={i} />
      <Sentence incident={i} />
      <Asked incident={i} />
      {i.merged_into === null || i.merged_into === undefined ? <Actions incident={i} /> : <GoesOn into={i.merged_into} />}
      <Alerts id={i.id} />
      <Suspense>
        <Similar id={i.id} />
      </Suspense>
      <Timeline id={i.id} />
      <Messages id={i.id} />
    </article>
  )
}

function Where({ incident: i }: { incident: IncidentBody }) {
  const runbook = safeLink(i.runbook_url)
  return (
    <p className="text-muted">
      <bdi>{i.service}</bdi> · <bdi>{i.environment}</bdi>
      {runbook === undefined ? null : (
        <>
          {' · '}
          <a href={runbook} target="_blank" rel="noreferrer noopener" className="inline-block py-1 text-text underline">
            Runbook
          </a>
        </>
      )}
      {(i.merged ?? []).map((m, n) => (
        <Fragment key={m.id}>
          {n === 0 ? ' · with ' : ', '}
          <Link to="/i/$ref" params={{ ref: String(m.number) }} className="inline-block py-1 text-text underline">
            #{m.number}
          </Link>
        </Fragment>
      ))}
    </p>
  )
}

/** Where it stands, in words. */
function Standing({ incident: i }: { incident: IncidentBody }) {
  if (i.merged_into !== null && i.merged_into !== undefined) {
    return (
      <strong>
        Merged: goes on in{' '}
        <Link to="/i/$ref" params={{ ref: String(i.merged_into.number) }} className="underline">
          #{i.merged_into.number}
        </Link>
      </strong>
    )
  }
  switch (i.status) {
    case 'open':
      return <strong className="text-critical">{i.exhausted ? 'Nobody answered' : 'Unacknowledged'}</strong>
    case 'acknowledged':
      return (
        <strong>
          Acknowledged by <bdi>{i.assignee}</bdi>
        </strong>
      )
    case 'resolved':
      return <span className="text-muted">Resolved {i.resolved_at === null ? null : <At time={i.resolved_at} />}</span>
  }
}
