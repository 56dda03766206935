import { parseSearch, type Filters } from '@/features/dashboard/search'
import { dayWords } from '@/shared/lib/time'

// By these the incidents of a figure are found; no field of the bar sets them.
const linked = ['alert', 'answered', 'ended', 'hour', 'paged', 'night'] as const

/** The filters of the history: those of the dashboard, whether what is not over yet is seen too, and those of figures. */
export type HistoryFilters = Filters & { status?: 'all' } & { [name in (typeof linked)[number]]?: string }

export function parseHistory(search: Record<string, unknown>): HistoryFilters {
  const out: HistoryFilters = { ...parseSearch(search), ...(search['status'] === 'all' ? { status: 'all' as const } : {}) }
  for (const name of linked) {
    const v = search[name]
    if ((typeof v === 'string' && v !== '') || typeof v === 'number') out[name] = String(v)
  }
  return out
}

/** The days that stand for a time in which something ended: "2026-03-02", or "2026-03-02/2026-03-08". */
export function spanOf(ended: string): { from: string; to: string } {
  const [from = '', to = from] = ended.split('/')
  return { from, to }
}

/** The same without one of a figure's filters, and what stands only with it. */
export function dropped(f: HistoryFilters, name: (typeof linked)[number]): HistoryFilters {
  const rest = { ...f }
  delete rest[name]
  if (name === 'paged') delete rest.night
  return rest
}

const spanWords = ({ from, to }: { from: string; to: string }) => (from === to ? `on ${dayWords(from)}` : `from ${dayWords(from)} to ${dayWords(to)}`)

const days = ['Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays', 'Sundays']

/** What a figure's filters say, in words. */
export function said(f: HistoryFilters, name: (email: string) => string | undefined): { name: (typeof linked)[number]; words: string }[] {
  const out: { name: (typeof linked)[number]; words: string }[] = []
  if (f.alert !== undefined) out.push({ name: 'alert', words: `opened by ${f.alert}` })
  if (f.answered !== undefined) out.push({ name: 'answered', words: f.answered === 'no' ? 'nobody answered' : 'somebody answered' })
  if (f.ended !== undefined) out.push({ name: 'ended', words: `over ${spanWords(spanOf(f.ended))}` })
  if (f.hour !== undefined) out.push({ name: 'hour', words: `${days[Math.floor(Number(f.hour) / 24)] ?? ''} from ${Number(f.hour) % 24}:00` })
  if (f.paged !== undefined) out.push({ name: 'paged', words: `${name(f.paged) ?? f.paged} was paged${f.night === undefined ? '' : ' at night'}` })
  return out
}
