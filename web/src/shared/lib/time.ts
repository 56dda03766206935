/** "3 s", "12 min", "4 h 05 min", "3 d 2 h": how long something has been so. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return `${s} s`
  const min = Math.floor(s / 60)
  if (min < 60) return `${min} min`
  const h = Math.floor(min / 60)
  if (h < 24) return `${h} h ${String(min % 60).padStart(2, '0')} min`
  return `${Math.floor(h / 24)} d ${h % 24} h`
}

/** "4:12": what is left until then; "0:00" when it is over. */
export function countdown(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000))
  const h = Math.floor(s / 3600)
  const rest = `${Math.floor(s / 60) % 60}:${String(s % 60).padStart(2, '0')}`
  return h > 0 ? `${h}:${rest.padStart(5, '0')}` : rest
}

/** The name of this device's zone. */
export const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

/** A moment's day here, as fields of days have it: 2026-03-02. */
export function dayOf(d: Date): string {
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`
}

/** A moment here, as fields of times have it: 2026-03-02T03:12. */
export const fieldOf = (d: Date): string => `${dayOf(d)}T${String(d.getHours()).padStart(2, '0')}:${String(d.getMinutes()).padStart(2, '0')}`

// All that is said of a moment is made of these. At three in the morning nobody should have to tell AM from PM, or
// the day from the month.
const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const day = { day: 'numeric', month: 'short' } as const

const say = (d: Date | number, parts: Intl.DateTimeFormatOptions, timeZone?: string): string => new Intl.DateTimeFormat(undefined, { ...parts, timeZone }).format(d)

/** The moment in words, in the person's own zone: "2 Mar 2026, 03:12:04". */
export const moment = (iso: string, zone?: string): string => say(new Date(iso), { ...day, year: 'numeric', ...time, second: '2-digit' }, zone)

/** For a tooltip: the person's own time, and UTC. */
export function exactly(iso: string): string {
  return `${moment(iso)} (${moment(iso, 'UTC')} UTC)`
}

/** The time of day if it is today, else day and time, and the year where it is another: in the person's own zone. */
export function shortly(iso: string, now: number): string {
  const d = new Date(iso)
  const today = new Date(now)
  if (today.toDateString() === d.toDateString()) return clock(d)
  return say(d, { ...day, ...(today.getFullYear() === d.getFullYear() ? {} : { year: 'numeric' }), ...time })
}

/** The time of day: "03:12". */
export const clock = (d: Date | number, zone?: string): string => say(d, time, zone)

/** The day of the week: "Monday". */
export const weekday = (d: Date): string => say(d, { weekday: 'long' })

/** A day of the API, 2026-03-02, in words: "2 Mar". */
export const dayWords = (date: string): string => say(new Date(`${date}T12:00:00`), day)

/** "15m" for the API's "15m0s": a duration as people write it. */
export function written(d: string): string {
  const short = d.replace(/(?<=[hm])0+s$/, '').replace(/(?<=h)0+m$/, '')
  return short === '' ? '0s' : short
}
