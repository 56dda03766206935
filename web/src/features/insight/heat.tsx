import { Link } from '@tanstack/react-router'

import type { HistoryFilters } from '@/features/history/search'
import type { DayBody, DayLineBody } from '@/shared/api/client'
import { dayWords } from '@/shared/lib/time'
import { incidents, type Asked } from './search'
import { Picture, type Column } from './table'

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

// No more than what text on it can be read against, in both themes.
const shades = ['', 'bg-text/8', 'bg-text/14', 'bg-text/20', 'bg-text/28']
const shade = (n: number, most: number) => shades[n === 0 ? 0 : 1 + Math.min(3, Math.floor((3.999 * n) / most))] ?? ''

interface Square {
  row: string
  column: string
  n: number
  to: HistoryFilters | undefined // what belongs to no service cannot be asked for
}

/** Squares, the darker the more; each leads to its incidents. */
function Heat({ name, rows, columns, words = (c) => c, at, every = 1 }: { name: string; rows: string[]; columns: string[]; words?: (column: string) => string; at: (row: number, column: number) => Square; every?: number }) {
  const squares = rows.map((_, r) => columns.map((__, c) => at(r, c)))
  const most = Math.max(1, ...squares.flat().map((s) => s.n))
  return (
    <div className="relative overflow-x-auto" role="group" tabIndex={0} aria-label={name}>
      <table className="border-separate border-spacing-px">
        <thead>
          <tr className="text-xs text-muted">
            <td />
            {columns.map((c, n) => (
              <th key={c} scope="col" className="text-left font-normal whitespace-nowrap">
                {n % every === 0 ? <span className="block w-0">{words(c)}</span> : <span className="sr-only">{words(c)}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {squares.map((line, r) => (
            <tr key={rows[r]}>
              <th scope="row" className="sticky left-0 max-w-32 truncate bg-ground pr-2 text-left font-normal">
                <bdi>{rows[r]}</bdi>
              </th>
              {line.map((s) => (
                <td key={s.column} className="p-0">
                  {s.n === 0 ? (
                    <span className="block size-8 rounded-xs bg-surface" />
                  ) : s.to === undefined ? (
                    <span title={`${s.row}, ${words(s.column)}: ${s.n}`} className={`flex size-8 items-center justify-center rounded-xs text-xs ${shade(s.n, most)}`}>
                      {s.n}
                    </span>
                  ) : (
                    <Link
                      to="/history"
                      search={s.to}
                      title={`${s.row}, ${words(s.column)}: ${s.n}`}
                      aria-label={`${s.row}, ${words(s.column)}: ${s.n}`}
                      className={`flex size-8 items-center justify-center rounded-xs text-xs hover:underline ${shade(s.n, most)}`}
                    >
                      {s.n}
                    </Link>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const columns = (row: string): Column<Square>[] => [
  { name: row, title: row === 'day' ? 'Day' : 'Service', value: (s) => s.row },
  { name: row === 'day' ? 'hour' : 'date', title: row === 'day' ? 'Hour' : 'Date', value: (s) => s.column, ...(row === 'day' ? {} : { show: (s) => dayWords(s.column) }) },
  { name: 'opened', title: 'Opened', value: (s) => s.n },
]

/** When incidents open: weekday by hour. */
export function Hours({ hours, of }: { hours: number[]; of: Asked }) {
  const names = Array.from({ length: 24 }, (_, h) => String(h).padStart(2, '0'))
  const at = (d: number, h: number): Square => ({ row: days[d] ?? '', column: `${names[h]}:00`, n: hours[24 * d + h] ?? 0, to: incidents(of, { hour: String(24 * d + h) }) })
  const rows = days.flatMap((_, d) => names.map((__, h) => at(d, h)))
  return (
    <Picture title="Weekday by hour" file="incidents-by-hour" columns={columns('day')} rows={rows.some((r) => r.n > 0) ? rows : []} says="When they opened, by this device's clock.">
      <Heat name="Weekday by hour" rows={days} columns={names} at={at} />
    </Picture>
  )
}

const mostColumns = 62

/** Where and when: service by day, or by week where there are many days. */
export function ServiceDays({ lines, dates, of }: { lines: DayLineBody[]; dates: DayBody[]; of: Asked }) {
  const size = dates.length > mostColumns ? 7 : 1
  const spans = Array.from({ length: Math.ceil(dates.length / size) }, (_, n) => ({ from: dates[n * size]?.date ?? '', to: dates[Math.min(dates.length, (n + 1) * size) - 1]?.date ?? '' }))
  const at = (r: number, c: number): Square => {
    const { id = '', service = '', opened } = lines[r] ?? {}
    const { from = '', to = '' } = spans[c] ?? {}
    return { row: service, column: from, n: (opened ?? []).slice(c * size, (c + 1) * size).reduce((a, n) => a + n, 0), to: id === '' ? undefined : incidents(of, { service, since: from, until: to }) }
  }
  const rows = lines.flatMap((_, r) => spans.map((__, c) => at(r, c)))
  return (
    <Picture title={`Service by ${size === 1 ? 'day' : 'week'}`} file="incidents-by-service-and-day" columns={columns('service')} rows={rows} says="The services with the most incidents.">
      <Heat name={`Service by ${size === 1 ? 'day' : 'week'}`} rows={lines.map((l) => l.service)} columns={spans.map((s) => s.from)} words={dayWords} at={at} every={7} />
    </Picture>
  )
}
