import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { FilterBar } from '@/features/dashboard/filter-bar'
import type { Filters } from '@/features/dashboard/search'
import { Whole } from '@/features/dashboard/whole'
import { useNow } from '@/shared/lib/now'
import { dayOf } from '@/shared/lib/time'
import { Button } from '@/shared/ui/button'
import { Empty, Failed, Loading } from '@/shared/ui/states'
import { useTitle } from '@/shared/ui/title'
import { Hours, ServiceDays } from './heat'
import { Noise, Unanswered } from './noise'
import { Numbers } from './numbers'
import { Parts } from './parts'
import { People } from './people'
import { insightQuery } from './queries'
import { asked, back, parseInsight } from './search'
import { Trend } from './trend'

const route = getRouteApi('/shell/insight')
const periods = [
  { days: 28, words: '4 weeks' },
  { days: 84, words: '12 weeks' },
  { days: 364, words: '1 year' },
]

/** How a time was: how soon people answered, when things break, what is noise, what on call costs. */
export function Insight() {
  const filters = parseInsight({ ...route.useSearch() }) // what no filter can be stands in the address, too
  const navigate = route.useNavigate()
  const today = dayOf(new Date(useNow()))
  const of = asked(filters, Date.parse(`${today}T12:00:00`))
  useTitle('Insight')
  const { data: m, error, refetch, isPlaceholderData } = useQuery(insightQuery(of))
  const show = (f: Filters, again = false) => void navigate({ search: parseInsight({ ...f }), replace: again })
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="w-full grow text-lg font-semibold sm:w-auto">Insight</h1>
        {periods.map((p) => {
          const since = back(today, p.days)
          return (
            <Button key={p.days} aria-pressed={of.since === since && of.until === today} className="aria-pressed:border-text aria-pressed:font-semibold" onClick={() => show({ ...filters, since, until: today })}>
              {p.words}
            </Button>
          )
        })}
      </div>
      <FilterBar figures chosen={filters} filters={{ ...filters, since: of.since, until: of.until }} change={(c, again) => show({ ...filters, ...c }, again)} environments={[]} />
      {m === undefined ? (
        error === null ? <Loading /> : <Failed error={error} retry={() => void refetch()} />
      ) : m.all.incidents === 0 ? (
        <Empty title="No incident opened in this time">
          Choose a longer one, or fewer filters.
          <Whole filters={filters} change={(c) => show({ ...filters, ...c })} />
        </Empty>
      ) : (
        <div className={isPlaceholderData ? 'opacity-60' : ''} aria-busy={isPlaceholderData}>
          <Numbers all={m.all} of={of} />
          <Trend days={m.days ?? []} of={of} />
          <Parts title="By service" kind="service" list={m.services ?? []} of={of} />
          <Parts title="By team" kind="team" list={m.teams ?? []} of={of} />
          <Hours hours={m.hours ?? []} of={of} />
          <ServiceDays lines={m.service_days ?? []} dates={m.days ?? []} of={of} />
          <Noise list={m.noise ?? []} of={of} />
          <Unanswered list={m.unanswered ?? []} of={of} />
          <People of={of} />
        </div>
      )}
    </>
  )
}
