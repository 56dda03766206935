import type { NoiseBody, SpreadBody } from '@/shared/api/client'
import { duration } from '@/shared/lib/time'

/** "4 min", or a dash where there is nothing to say it of. */
export const took = (s: SpreadBody, which: 'p50_seconds' | 'p90_seconds'): string => (s.of === 0 ? '–' : duration(1000 * s[which]))

/** "62 %" of so many; a dash of none. */
export const percent = (n: number, of: number): string => (of === 0 ? '–' : `${Math.round((100 * n) / of)} %`)

/** What to do about an alert. */
export function advice(n: NoiseBody): string {
  switch (n.advice) {
    case 'hold':
      return `Wait ${duration(1000 * n.hold_seconds)} before the first page: ${n.spared} of ${n.resolved} would have woken nobody`
    case 'low':
      return 'Low urgency: it mostly heals by itself'
    case 'drop':
      return 'Drop it, or record it only: nobody ever does anything about it'
    case '':
      return ''
  }
}
