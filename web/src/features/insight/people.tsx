import { useQuery } from '@tanstack/react-query'

import type { PagedBody } from '@/shared/api/client'
import { Failed, Loading } from '@/shared/ui/states'
import { pagesQuery } from './queries'
import { incidents, type Asked } from './search'
import { Count, Picture, type Column } from './table'

/** What on call costs whom, by name: it is no ranking. */
export function People({ of }: { of: Asked }) {
  const { data, error, refetch } = useQuery(pagesQuery(of))
  if (data === undefined) return error === null ? <Loading /> : <Failed error={error} retry={() => void refetch()} />
  const to = (p: PagedBody, more = {}) => incidents(of, { paged: p.email || p.id, ...more })
  const named = (p: PagedBody) => p.name || p.id
  const columns: Column<PagedBody>[] = [
    { name: 'person', title: 'Person', value: named, show: (p) => <bdi className="block w-max max-w-40 font-medium">{named(p)}</bdi> },
    { name: 'pages', title: 'Pages', value: (p) => p.pages, show: (p) => <Count n={p.pages} to={to(p)} of={`pages: ${named(p)}`} /> },
    { name: 'incidents', title: 'About incidents', value: (p) => p.incidents, show: (p) => <Count n={p.incidents} to={to(p)} of={`incidents: ${named(p)} was paged`} /> },
    { name: 'night_pages', title: 'Night pages', value: (p) => p.night_pages, show: (p) => <Count n={p.night_pages} to={to(p, { night: p.zone })} of={`night pages: ${named(p)}`} /> },
    { name: 'nights', title: 'Broken nights', value: (p) => p.nights },
    { name: 'zone', title: 'Where it is night', value: (p) => p.zone },
  ]
  return (
    <Picture
      title="Pages of people"
      file="pages-of-people"
      columns={columns}
      rows={data}
      says="A night page is one of high urgency from 22:00 to 07:00 where the person is. By name: it says what on call costs, not who is better."
    />
  )
}
