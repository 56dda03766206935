import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import type { HistoryFilters } from '@/features/history/search'
import type { TallyBody } from '@/shared/api/client'
import { incidents, type Asked } from './search'
import { percent, took } from './words'

/** The few numbers to begin with. Half and nine of ten: a mean would be that of the one incident that took days. */
export function Numbers({ all, of }: { all: TallyBody; of: Asked }) {
  return (
    <dl className="my-4 grid grid-cols-2 gap-3 lg:grid-cols-4">
      <One name="Incidents" to={incidents(of)} value={all.incidents}>
        {all.open} open, {all.acknowledged} acknowledged, {all.resolved} over
      </One>
      <One name="Acknowledged: half within" to={incidents(of, { answered: 'yes' })} value={took(all.to_acknowledge, 'p50_seconds')}>
        9 of 10 within {took(all.to_acknowledge, 'p90_seconds')}; {all.to_acknowledge.of} were
      </One>
      <One name="Over: half within" to={incidents(of)} value={took(all.to_resolve, 'p50_seconds')}>
        9 of 10 within {took(all.to_resolve, 'p90_seconds')}
      </One>
      <One name="Healed before anyone answered" to={incidents(of, { answered: 'no' })} value={percent(all.healed, all.resolved)}>
        {all.healed} of {all.resolved} that are over
      </One>
    </dl>
  )
}

function One({ name, value, to, children }: { name: string; value: ReactNode; to: HistoryFilters; children: ReactNode }) {
  return (
    <div className="rounded-md border border-line p-3">
      <dt className="text-muted">{name}</dt>
      <dd>
        <Link to="/history" search={to} className="text-2xl font-semibold underline decoration-line underline-offset-4 hover:decoration-current" aria-label={`${name}: ${value}`}>
          {value}
        </Link>
        <p className="text-sm text-muted">{children}</p>
      </dd>
    </div>
  )
}
