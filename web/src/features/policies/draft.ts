import type { PolicyBody, PolicyEdit, TargetBody } from '@/shared/api/client'
import { written } from '@/shared/lib/time'

/** A policy as it is being edited. */
export interface Draft {
  name: string
  repeat: number
  levels: Level[]
}

export interface Level {
  key: number // for React: levels move
  timeout: string
  low: string
  targets: TargetBody[]
}

let count = 0
export const newLevel = (): Level => ({ key: ++count, timeout: '15m', low: '', targets: [] })

export function draftOf(p: PolicyBody | undefined): Draft {
  if (p === undefined) return { name: '', repeat: 2, levels: [newLevel()] }
  return {
    name: p.name,
    repeat: p.repeat,
    levels: (p.levels ?? []).map((l) => ({ key: ++count, timeout: written(l.ack_timeout ?? '15m'), low: l.ack_timeout_low === undefined ? '' : written(l.ack_timeout_low), targets: l.targets ?? [] })),
  }
}

/** The draft as the API takes it. */
export function edited(d: Draft): PolicyEdit {
  return {
    name: d.name,
    repeat: d.repeat,
    levels: d.levels.map((l) => ({
      ...(l.timeout === '' ? {} : { ack_timeout: l.timeout }),
      ...(l.low === '' ? {} : { ack_timeout_low: l.low }),
      targets: l.targets.map(({ kind, id, name }) => ({ kind, ...(id === undefined ? (name === undefined ? {} : { name }) : { id }) })),
    })),
  }
}

/** The level one place up or down. */
export function moved(levels: Level[], from: number, by: -1 | 1): Level[] {
  const to = from + by
  const out = [...levels]
  const [l] = out.splice(from, 1)
  if (l === undefined || to < 0 || to > out.length) return levels
  out.splice(to, 0, l)
  return out
}
