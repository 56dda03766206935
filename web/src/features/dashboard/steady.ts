import { useMemo, useState } from 'react'

import type { IncidentBody } from '@/shared/api/client'
import { worstFirst } from './order'

/** A line of the list. Its incident is as it was when the line got its place. */
export interface Line {
  id: string
  section: 'open' | 'acknowledged'
  was: IncidentBody
}

/** The lines in their order: unacknowledged ones, then the others, each worst first, then the oldest. */
export function arrange(list: IncidentBody[]): Line[] {
  const sorted = worstFirst(list)
  const of = (section: Line['section']) => sorted.filter((i) => i.status === section).map((was) => ({ id: was.id, section, was }))
  return [...of('open'), ...of('acknowledged')]
}

/** Keeps the lines where they are while somebody looks closely (`held`): what is new waits until it is wanted. */
export function useSteady(list: IncidentBody[], held: boolean): { lines: Line[]; now: Map<string, IncidentBody>; fresh: IncidentBody[]; settle: () => void } {
  const [kept, keep] = useState<{ list: IncidentBody[]; lines: Line[] }>(() => ({ list, lines: arrange(list) }))
  let shown = kept
  if (kept.list !== list && (!held || kept.lines.length === 0)) {
    shown = { list, lines: arrange(list) }
    keep(shown)
  }
  const { list: known, lines } = shown
  const now = useMemo(() => new Map(list.map((i) => [i.id, i])), [list])
  const fresh = useMemo(() => {
    if (known === list) return []
    const there = new Set(lines.map((l) => l.id))
    return list.filter((i) => !there.has(i.id))
  }, [known, lines, list])
  return { lines, now, fresh, settle: () => keep({ list, lines: arrange(list) }) }
}
