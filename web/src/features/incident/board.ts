import { queryOptions, type QueryClient } from '@tanstack/react-query'

import { listIncidentsV1, showIncidentV1, type IncidentBody } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { Problem } from '@/shared/api/problem'
import { heardServerTime } from '@/shared/lib/now'

/** More changes at once than these: everything is asked for anew, instead of each by itself. */
const most = 20
const page = 500

/** All unresolved incidents, once for the whole page. What changes is asked for one by one and put into its place. */
export const unresolvedQuery = queryOptions({
  queryKey: keys.unresolved,
  queryFn: ({ signal, client }) => load(client, signal),
  structuralSharing: false, // comparing ten thousand with ten thousand takes longer than drawing those in sight
  staleTime: 60_000,
  refetchInterval: 60_000, // also while the stream works: what is heard is a hint
})

// What came while a whole load was under way is newer than what the load brings of it.
const during = new WeakMap<QueryClient, Map<string, IncidentBody>>()

async function load(client: QueryClient, signal: AbortSignal): Promise<IncidentBody[]> {
  const came = new Map<string, IncidentBody>()
  during.set(client, came)
  const all: IncidentBody[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { data, response }: Awaited<ReturnType<typeof ask>> = await ask(cursor, signal)
    heardServerTime(response.headers.get('Date'))
    all.push(...(data.incidents ?? []))
    cursor = data.next_cursor
  }
  during.delete(client)
  return [...came.values()].reduce(put, all)
}

const ask = (cursor: string, signal: AbortSignal) =>
  listIncidentsV1({ query: { status: 'open,acknowledged', limit: page, ...(cursor === '' ? {} : { cursor }) }, signal })

/** Puts an incident as it is now into the list, or takes it out where it is resolved. The list stays as it was where that is no news. */
export function put(list: IncidentBody[], now: IncidentBody): IncidentBody[] {
  const at = list.findIndex((i) => i.id === now.id)
  const old = list[at]
  if (old !== undefined && old.version > now.version) return list
  const rest = at < 0 ? list : list.toSpliced(at, 1)
  if (now.status === 'resolved') return rest
  return at < 0 ? [...list, now] : list.with(at, now)
}

/** An incident as the server says it is now: everything that shows it shows it so. */
export function learn(client: QueryClient, now: IncidentBody): void {
  during.get(client)?.set(now.id, now)
  client.setQueryData<IncidentBody[]>(keys.unresolved, (list) => (list === undefined ? list : put(list, now)))
  for (const ref of [now.id, String(now.number)]) {
    const key = [...keys.incident(ref), 'state']
    client.setQueryData<IncidentBody | null>(key, (old) => (old === undefined || (old !== null && old.version > now.version) ? old : now))
  }
}

/** Asks for everything that incidents are seen by. */
export async function lookAtAll(client: QueryClient): Promise<void> {
  await Promise.all([['incident'], keys.unresolved, keys.history, keys.storm].map((queryKey) => client.invalidateQueries({ queryKey })))
}

/** Asks what became of these incidents. */
export async function lookAgain(client: QueryClient, ids: string[]): Promise<void> {
  if (ids.length > most) return lookAtAll(client)
  void client.invalidateQueries({ queryKey: keys.history })
  void client.invalidateQueries({ queryKey: keys.storm })
  await Promise.all(
    ids.map(async (id) => {
      try {
        const { data } = await showIncidentV1({ path: { id } })
        learn(client, data)
        // Its timeline, alerts and messages, by whichever name they were asked for.
        for (const ref of [data.id, String(data.number)]) {
          void client.invalidateQueries({ queryKey: keys.incident(ref), predicate: (q) => q.queryKey[2] !== 'state' })
        }
      } catch (e) {
        if (!(e instanceof Problem && e.status === 404)) await client.invalidateQueries({ queryKey: keys.unresolved })
      }
    }),
  )
}
