import type { QueryClient } from '@tanstack/react-query'

import type { IncidentBody, Me, StormBody } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
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
  const first = JSON.parse(said) as First
  noteHeard(Date.now())
  client.setQueryData(keys.session, first.session)
  if (first.unresolved !== null) client.setQueryData(keys.unresolved, first.unresolved)
  if (first.storm !== null) client.setQueryData(keys.storm, first.storm)
  if (first.incident !== null) {
    for (const ref of [first.incident.id, String(first.incident.number)]) client.setQueryData([...keys.incident(ref), 'state'], first.incident)
  }
}
