import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'

import { FilterBar } from '@/features/dashboard/filter-bar'
import type { Filters } from '@/features/dashboard/search'
import { Views } from '@/features/dashboard/views'
import { Whole } from '@/features/dashboard/whole'
import { Named } from '@/features/incident/named'
import { ended } from '@/features/incident/ended'
import type { IncidentBody } from '@/shared/api/client'
import { usersQuery } from '@/shared/api/directory'
import { useNow } from '@/shared/lib/now'
import { save } from '@/shared/lib/table'
import { At } from '@/shared/ui/age'
import { Button } from '@/shared/ui/button'
import { Choice } from '@/shared/ui/field'
import { Severity } from '@/shared/ui/severity'
import { Empty, Failed, Loading } from '@/shared/ui/states'
import { useTitle } from '@/shared/ui/title'
import { say } from '@/shared/ui/toast'
import { csv } from './export'
import { Lanes } from './lanes'
import { everything, historyQuery } from './queries'
import { dropped, parseHistory, said, type HistoryFilters } from './search'

const route = getRouteApi('/shell/history')

/** What is over: when, for how long, who had it. */
export function History() {
  const search = route.useSearch() // what no filter can be stands in it, too
  const filters = useMemo(() => parseHistory({ ...search }), [search])
  const navigate = route.useNavigate()
  const now = useNow()
  useTitle('History')
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(historyQuery(filters))
  const list = data?.pages.flatMap((p) => p.incidents ?? [])
  const show = (f: HistoryFilters, again = false) => void navigate({ search: parseHistory({ ...f }), replace: again })
  const change = (c: Filters, again?: boolean) => show({ ...filters, ...c }, again)
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="grow text-lg font-semibold">History</h1>
        <Export filters={filters} />
        <Views filters={filters} show={show} />
      </div>
      <div className="flex flex-wrap items-end gap-2">
        <FilterBar filters={filters} change={change} environments={[...new Set((list ?? []).map((i) => i.environment))].sort()} />
        <Choice
          label="Show"
          className="my-3"
          value={filters.status ?? ''}
          none="what is over"
          options={[{ value: 'all', text: 'everything' }]}
          onChange={(e) => {
            const { status: _, ...rest } = filters
            show(e.target.value === 'all' ? { ...rest, status: 'all' } : rest)
          }}
        />
      </div>
      <FromFigure filters={filters} show={show} />
      {list === undefined ? error === null ? <Loading /> : <Failed error={error} retry={() => void refetch()} /> : null}
      {list?.length === 0 ? <Empty title="Nothing here">No past incident fits these filters.<Whole filters={filters} change={change} /></Empty> : null}
      <Lanes list={list ?? []} now={now} />
      <ul className="divide-y divide-line">
        {(list ?? []).map((i) => (
          <Past key={i.id} incident={i} />
        ))}
      </ul>
      {hasNextPage ? (
        <Button className="my-4 w-full" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? 'Loading…' : 'Show older ones'}
        </Button>
      ) : null}
    </>
  )
}

/** What a figure asked for, each to be taken away. */
function FromFigure({ filters, show }: { filters: HistoryFilters; show: (f: HistoryFilters) => void }) {
  const { data: users } = useQuery(usersQuery)
  const list = said(filters, (email) => users?.find((u) => u.email === email)?.name)
  if (list.length === 0) return null
  return (
    <ul aria-label="Only" className="mb-3 flex flex-wrap gap-2">
      {list.map((l) => (
        <li key={l.name}>
          <Button onClick={() => show(dropped(filters, l.name))} aria-label={`Not only: ${l.words}`}>
            <bdi className="max-w-72 truncate">{l.words}</bdi> <span aria-hidden="true">✕</span>
          </Button>
        </li>
      ))}
    </ul>
  )
}

function Past({ incident: i }: { incident: IncidentBody }) {
  return (
    <li className="[contain-intrinsic-size:auto_3rem] [content-visibility:auto]">
      <Link to="/i/$ref" params={{ ref: String(i.number) }} className="flex min-h-12 flex-wrap items-center gap-x-3 py-1 hover:bg-surface sm:flex-nowrap lg:min-h-9">
        <span className="shrink-0 sm:w-18">
          <Severity severity={i.severity} outline={i.status !== 'open'} />
        </span>
        <span className="order-last w-full min-w-0 grow truncate sm:order-none sm:w-auto">
          <Named incident={i} />
        </span>
        <span className="contents min-w-0 gap-x-3 text-muted sm:flex sm:shrink-0">
          <span>#{i.number}</span>
          <At time={i.opened_at} />
          <bdi className="truncate sm:w-64 sm:text-right">{ended(i)}</bdi>
        </span>
      </Link>
    </li>
  )
}

/** Saves everything that fits the filters, also what is not shown yet. */
function Export({ filters }: { filters: HistoryFilters }) {
  const [got, tell] = useState<number | undefined>()
  const run = async (form: 'csv' | 'json') => {
    tell(0)
    try {
      const all = await everything(filters, tell)
      if (form === 'csv') save('incidents.csv', 'text/csv', csv(all))
      else save('incidents.json', 'application/json', JSON.stringify(all, null, 2))
    } catch (e) {
      say(`NOT exported: ${e instanceof Error ? e.message : String(e)}`, 'failed')
    }
    tell(undefined)
  }
  if (got !== undefined) return <span role="status">Fetching… {got}</span>
  return (
    <>
      <Button onClick={() => void run('csv')}>CSV</Button>
      <Button onClick={() => void run('json')}>JSON</Button>
    </>
  )
}
