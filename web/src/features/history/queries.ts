import { infiniteQueryOptions } from '@tanstack/react-query'

import { dayEnd, dayStart } from '@/features/dashboard/search'
import { listIncidentsV1, type IncidentBody } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { zone } from '@/shared/lib/time'
import { spanOf, type HistoryFilters } from './search'

/** The filters in the words of the API. */
export function asked({ since, until, status, ended, ...same }: HistoryFilters) {
  const from = since === undefined ? undefined : dayStart(since)
  const to = until === undefined ? undefined : dayEnd(until)
  const span = ended === undefined ? undefined : spanOf(ended)
  const [first, last] = [span && dayStart(span.from), span && dayEnd(span.to)]
  return {
    ...same,
    ...(first === undefined ? {} : { ended_since: first.toISOString() }),
    ...(last === undefined ? {} : { ended_until: last.toISOString() }),
    ...(same.hour === undefined ? {} : { zone: zone() }),
    ...(status === 'all' ? {} : { status: 'resolved' }),
    ...(from === undefined ? {} : { since: from.toISOString() }),
    ...(to === undefined ? {} : { until: to.toISOString() }),
  }
}

export const historyQuery = (f: HistoryFilters) =>
  infiniteQueryOptions({
    queryKey: [...keys.history, f],
    queryFn: async ({ pageParam, signal }) =>
      (await listIncidentsV1({ query: { ...asked(f), limit: 100, ...(pageParam === '' ? {} : { cursor: pageParam }) }, signal })).data,
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })

/** Everything that fits, page after page, however much it is. */
export async function everything(f: HistoryFilters, tell: (n: number) => void): Promise<IncidentBody[]> {
  const out: IncidentBody[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { data }: Awaited<ReturnType<typeof listIncidentsV1>> = await listIncidentsV1({ query: { ...asked(f), limit: 500, ...(cursor === '' ? {} : { cursor }) } })
    out.push(...(data.incidents ?? []))
    tell(out.length)
    cursor = data.next_cursor
  }
  return out
}
