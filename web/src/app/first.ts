import type { QueryClient } from '@tanstack/react-query'

import { unresolvedQuery } from '@/features/incident/board'
import type { IncidentBody, Me, StormBody } from '@/shared/api/client'
import { teamsQuery, usersQuery } from '@/shared/api/directory'
import { keys } from '@/shared/api/keys'
import { visible } from '@/shared/lib/visible'
import { noteHeard } from '@/shared/live/heard'

/** What the server put into the document, for what is seen first: internal/adapters/httpapi/first_view.go. */
interface First {
  session: Me
  unresolved: IncidentBody[] | null
  storm: StormBody | null
  incident: IncidentBody | null
}

/** Takes what came with the document, so that nothing is asked for before the first view is there. */
export function takeFirst(client: QueryClient): void {
  const said = document.querySelector('#state')?.textContent
  if (said === undefined || said === null) return
  const first = JSON.parse(visible(said)) as First
  noteHeard(Date.now())
  client.setQueryData(keys.session, first.session)
  if (first.unresolved !== null) client.setQueryData(keys.unresolved, first.unresolved)
  if (first.storm !== null) client.setQueryData(keys.storm, first.storm)
  if (first.incident !== null) {
    for (const ref of [first.incident.id, String(first.incident.number)]) client.setQueryData([...keys.incident(ref), 'state'], first.incident)
  }
}

/** As long as what the server showed may wait for the page that takes its place. */
const patience = 5000

/**
 * Where the server showed a list of which it did not send all, or one by names: the page that takes its place would be
 * empty, or another one, before this is there.
 */
export async function wholeFirst(client: QueryClient): Promise<void> {
  if (document.querySelector('#root [aria-label="Incidents"]') === null) return
  const search = new URLSearchParams(location.search)
  const needs = [client.prefetchQuery(unresolvedQuery)]
  if (search.has('team')) needs.push(client.prefetchQuery(teamsQuery))
  if (search.has('assignee')) needs.push(client.prefetchQuery(usersQuery))
  await Promise.race([Promise.all(needs), new Promise((over) => setTimeout(over, patience))])
}
