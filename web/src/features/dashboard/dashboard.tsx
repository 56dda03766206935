import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState } from 'react'

import { unresolvedQuery } from '@/features/incident/board'
import { teamsQuery, usersQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { Empty, Failed, Loading } from '@/shared/ui/states'
import { FilterBar } from './filter-bar'
import { List } from './list'
import { Matrix } from './matrix'
import { fits, parseSearch, type Filters } from './search'
import { Storm } from './storm'
import { Strip } from './strip'
import { Views } from './views'
import { Whole } from './whole'

const route = getRouteApi('/shell/')

/** What needs somebody now, then what somebody has, then where it hurts. */
export function Dashboard() {
  const search = route.useSearch() // what no filter can be stands in it, too
  const filters = useMemo(() => parseSearch({ ...search }), [search])
  const navigate = route.useNavigate()
  const [held, hold] = useState(false)
  const { data: me } = useQuery(sessionQuery)
  const { data: users } = useQuery(usersQuery)
  const { data: teams } = useQuery(teamsQuery)
  const { data: all, error, refetch } = useQuery(unresolvedQuery)
  const list = useMemo(() => {
    const fit = fits(filters, { team: (id) => teams?.find((t) => t.id === id)?.name, user: (email) => users?.find((u) => u.email === email)?.name })
    return all?.filter(fit)
  }, [all, filters, teams, users])
  if (error !== null && all === undefined) return <Failed error={error} retry={() => void refetch()} />
  if (all === undefined || list === undefined) return <Loading />
  const show = (f: Filters, again = false) => void navigate({ search: parseSearch({ ...f }), replace: again })
  const change = (c: Filters, again?: boolean) => show({ ...filters, ...c }, again)
  return (
    <>
      <Strip list={all} me={me} />
      <Storm held={held} />
      <FilterBar filters={filters} change={change} environments={[...new Set(all.map((i) => i.environment))].sort()}>
        <Views filters={filters} show={show} />
      </FilterBar>
      <List key={JSON.stringify(filters)} list={list} all={all} me={me} hold={hold}>
        {all.length === 0 ? (
          <Empty title="All quiet">Nothing is open. New incidents appear here by themselves.</Empty>
        ) : (
          <Empty title="Nothing fits these filters">
            {all.length} {all.length === 1 ? 'incident is' : 'incidents are'} open without them.
            <Whole filters={filters} change={change} />
          </Empty>
        )}
      </List>
      <Matrix list={list} all={all} />
    </>
  )
}
