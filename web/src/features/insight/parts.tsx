import { Link } from '@tanstack/react-router'

import type { PartBody } from '@/shared/api/client'
import { Count, Picture, type Column } from './table'
import { incidents, type Asked } from './search'
import { percent, took } from './words'

/** How it was, by service or by team. */
export function Parts({ title, kind, of, list }: { title: string; kind: 'service' | 'team'; of: Asked; list: PartBody[] }) {
  const most = Math.max(1, ...list.map((p) => p.incidents))
  const named = (p: PartBody) => p.name || (p.id === '' ? 'of no team' : p.id)
  // What belongs to no team or service cannot be asked for: its numbers lead nowhere.
  const count = (p: PartBody, n: number, more: Parameters<typeof incidents>[1] = {}) =>
    p.id === '' ? n : <Count n={n} to={incidents(of, { [kind]: p.name || p.id, ...more })} of={`incidents: ${named(p)}`} />
  // What half and nine of ten are of: those that somebody answered, those that are over.
  const half = (p: PartBody, which: 'to_acknowledge' | 'to_resolve', at: 'p50_seconds' | 'p90_seconds') =>
    p.id === '' || p[which].of === 0 ? (
      took(p[which], at)
    ) : (
      <Link
        to="/history"
        search={{ ...of, [kind]: p.name || p.id, ...(which === 'to_resolve' ? {} : { answered: 'yes', status: 'all' as const }) }}
        className="whitespace-nowrap underline decoration-line underline-offset-4 hover:decoration-current"
      >
        {took(p[which], at)}
      </Link>
    )
  const columns: Column<PartBody>[] = [
    { name: kind, title: kind === 'service' ? 'Service' : 'Team', value: named, show: (p) => <bdi className="block w-max max-w-40 font-medium sm:max-w-56">{named(p)}</bdi> },
    {
      name: 'incidents', title: 'Incidents', value: (p) => p.incidents,
      show: (p) => (
        <span className="flex items-center gap-2">
          <span className="w-10 text-right">{count(p, p.incidents)}</span>
          <span aria-hidden="true" className="hidden h-2 rounded-xs bg-info sm:block" style={{ width: `${(8 * p.incidents) / most}rem` }} />
        </span>
      ),
    },
    {
      name: 'unresolved', title: 'Not over', value: (p) => p.open + p.acknowledged,
      show: (p) => (p.open + p.acknowledged === 0 || p.id === '' ? p.open + p.acknowledged : <Link to="/" search={{ ...of, [kind]: p.name || p.id }} className="underline decoration-line underline-offset-4" aria-label={`${p.open + p.acknowledged} not over: ${named(p)}`}>{p.open + p.acknowledged}</Link>),
    },
    { name: 'healed', title: 'Healed unanswered', value: (p) => p.healed, show: (p) => <>{count(p, p.healed, { answered: 'no' })} <span className="text-muted">{percent(p.healed, p.resolved)}</span></> },
    { name: 'acknowledged_p50_seconds', title: 'Acknowledged: half within', value: (p) => (p.to_acknowledge.of === 0 ? null : p.to_acknowledge.p50_seconds), show: (p) => half(p, 'to_acknowledge', 'p50_seconds') },
    { name: 'acknowledged_p90_seconds', title: '9 of 10', value: (p) => (p.to_acknowledge.of === 0 ? null : p.to_acknowledge.p90_seconds), show: (p) => half(p, 'to_acknowledge', 'p90_seconds') },
    { name: 'resolved_p50_seconds', title: 'Over: half within', value: (p) => (p.to_resolve.of === 0 ? null : p.to_resolve.p50_seconds), show: (p) => half(p, 'to_resolve', 'p50_seconds') },
    { name: 'resolved_p90_seconds', title: '9 of 10', value: (p) => (p.to_resolve.of === 0 ? null : p.to_resolve.p90_seconds), show: (p) => half(p, 'to_resolve', 'p90_seconds') },
  ]
  return <Picture title={title} file={`incidents-by-${kind}`} columns={columns} rows={list} />
}
