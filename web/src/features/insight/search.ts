import { dayEnd, dayStart, parseSearch, type Filters } from '@/features/dashboard/search'
import type { HistoryFilters } from '@/features/history/search'
import { dayOf, zone } from '@/shared/lib/time'

/** What the figures are of: the dashboard's filters, but for a person and a text. */
export function parseInsight(search: Record<string, unknown>): Filters {
  const { q: _, assignee: __, ...rest } = parseSearch(search)
  return rest
}

/** The filters with a time: four weeks until today, where none is given. */
export type Asked = Filters & { since: string; until: string }

export function asked(f: Filters, now: number): Asked {
  const until = possible(f.until) ? f.until : dayOf(new Date(now))
  const since = possible(f.since) ? f.since : back(until, 28)
  return { ...f, since, until }
}

// No server was there before, and none is asked about what is so far off.
const possible = (day: string | undefined): day is string => day !== undefined && dayStart(day) !== undefined && day >= '2000' && day < '3000'

/** The first day of so many that end on a day. */
export function back(until: string, days: number): string {
  const d = dayStart(until) ?? new Date()
  d.setDate(d.getDate() - days + 1)
  return dayOf(d)
}

/** In the words of the API: days as moments, and the zone that they are in. */
export function query({ since, until, ...same }: Asked) {
  return { ...same, since: (dayStart(since) ?? new Date(0)).toISOString(), until: (dayEnd(until) ?? new Date()).toISOString(), zone: zone() }
}

/** The incidents of a figure, as a search of the history. What healed unanswered, or ended, is over. */
export function incidents(of: Asked, more: HistoryFilters = {}): HistoryFilters {
  return { ...of, ...(more.answered === 'no' || more.ended !== undefined ? {} : { status: 'all' as const }), ...more }
}
