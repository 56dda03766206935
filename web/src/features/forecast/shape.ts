import type { CallBody, ForecastAnswer } from '@/shared/api/client'

/** A person's or channel's line in the picture. */
export interface Row {
  key: string
  name: string
  calls: CallBody[]
}

export interface Level {
  at: number
  text: string
}

export interface Shape {
  rows: Row[]
  levels: Level[]
  /** Seconds that the picture is wide. What comes later (by somebody's own hours) stands at its edge. */
  end: number
  ticks: number[]
}

const steps = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]

/** Where everything stands in the picture. */
export function shapeOf(f: Pick<ForecastAnswer, 'calls' | 'exhausted_after_seconds'>): Shape {
  const calls = f.calls ?? []
  const rows: Row[] = []
  const levels: Level[] = []
  for (const c of calls) {
    const key = `${c.kind}:${c.id}`
    const row = rows.find((r) => r.key === key)
    if (row === undefined) rows.push({ key, name: c.name, calls: [c] })
    else row.calls.push(c)
  }
  const seen = new Set<string>()
  for (const c of calls.filter((x) => x.page && x.level > 0).toSorted((a, b) => a.after_seconds - b.after_seconds)) {
    const key = `${c.walk} ${c.level}`
    if (seen.has(key) || c.waits_for_hours) continue
    seen.add(key)
    levels.push({ at: c.after_seconds, text: String(c.level) })
  }
  if (f.exhausted_after_seconds !== null && f.exhausted_after_seconds !== undefined) levels.push({ at: f.exhausted_after_seconds, text: 'fallback' })
  const soon = calls.filter((c) => !c.waits_for_hours).map((c) => c.after_seconds)
  const end = Math.max(60, ...soon, ...levels.map((l) => l.at)) * 1.15
  const step = steps.find((s) => end / s <= 6) ?? 86_400
  return { rows, levels, end, ticks: Array.from({ length: Math.floor((0.93 * end) / step) + 1 }, (_, n) => n * step) }
}

/** "+15 min" and the like. */
export function after(seconds: number): string {
  if (seconds === 0) return 'at once'
  const min = Math.floor(seconds / 60)
  const s = Math.round(seconds % 60)
  const h = Math.floor(min / 60)
  if (h > 0) return `+${h} h${min % 60 === 0 ? '' : ` ${min % 60} min`}`
  return min === 0 ? `+${s} s` : `+${min} min${s === 0 ? '' : ` ${s} s`}`
}
