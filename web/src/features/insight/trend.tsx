import { useNavigate } from '@tanstack/react-router'

import type { DayBody } from '@/shared/api/client'
import { dayWords } from '@/shared/lib/time'
import { incidents, type Asked } from './search'
import { Count, Picture, type Column } from './table'

/** Days, or weeks where there are many of them. */
export interface Span {
  from: string
  to: string
  opened: number
  resolved: number
}

const mostDays = 100

export function spans(days: readonly DayBody[]): Span[] {
  const size = days.length > mostDays ? 7 : 1
  const out: Span[] = []
  for (let n = 0; n < days.length; n += size) {
    const of = days.slice(n, n + size)
    const sum = (f: (d: DayBody) => number) => of.reduce((a, d) => a + f(d), 0)
    out.push({ from: of[0]?.date ?? '', to: of.at(-1)?.date ?? '', opened: sum((d) => d.opened), resolved: sum((d) => d.resolved) })
  }
  return out
}

const height = 120

/** What opened and what ended, over time. */
export function Trend({ days, of }: { days: DayBody[]; of: Asked }) {
  const navigate = useNavigate()
  const all = spans(days)
  const most = Math.max(1, ...all.map((s) => Math.max(s.opened, s.resolved)))
  const width = 1000 / Math.max(1, all.length)
  const y = (n: number) => height - (height * n) / most
  const to = (s: Span) => incidents(of, { since: s.from, until: s.to })
  const over = ({ from, to: last }: Span) => incidents(of, { ended: from === last ? from : `${from}/${last}` })
  const named = (s: Span) => (s.from === s.to ? dayWords(s.from) : `${dayWords(s.from)} to ${dayWords(s.to)}`)
  const columns: Column<Span>[] = [
    { name: 'from', title: 'From', value: (s) => s.from, show: (s) => dayWords(s.from) },
    { name: 'to', title: 'To', value: (s) => s.to, show: (s) => dayWords(s.to) },
    { name: 'opened', title: 'Opened', value: (s) => s.opened, show: (s) => <Count n={s.opened} to={to(s)} of={`incidents, ${named(s)}`} /> },
    { name: 'resolved', title: 'Ended', value: (s) => s.resolved, show: (s) => <Count n={s.resolved} to={over(s)} of={`incidents that ended, ${named(s)}`} /> },
  ]
  return (
    <Picture
      title="Over time"
      file="incidents-over-time"
      columns={columns}
      rows={all}
      says={
        <>
          Bars: opened in each {all.length === days.length ? 'day' : 'week'}, {most} at most. Line: ended, of these.
        </>
      }
    >
      <svg viewBox={`0 0 1000 ${height}`} preserveAspectRatio="none" className="h-32 w-full" aria-hidden="true">
        {all.map((s, n) => (
          <g key={s.from} className="cursor-pointer text-info hover:text-text" onClick={() => void navigate({ to: '/history', search: to(s) })}>
            <title>{`${named(s)}: ${s.opened} opened, ${s.resolved} ended`}</title>
            <rect x={n * width} y={0} width={width} height={height} fill="transparent" />
            <rect x={n * width + width * 0.1} y={y(s.opened)} width={width * 0.8} height={height - y(s.opened)} fill="currentColor" />
          </g>
        ))}
        <polyline points={all.map((s, n) => `${(n + 0.5) * width},${y(s.resolved)}`).join(' ')} fill="none" stroke="var(--color-action)" strokeWidth="2" vectorEffect="non-scaling-stroke" pointerEvents="none" />
      </svg>
      <p className="flex justify-between border-t border-line pt-1 text-xs text-muted">
        <span>{dayWords(all[0]?.from ?? '')}</span>
        <span>{dayWords(all.at(-1)?.to ?? '')}</span>
      </p>
    </Picture>
  )
}
