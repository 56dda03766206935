import type { EntryBody, IncidentBody, MessageBody, UserBody } from '@/shared/api/client'
import { duration, shortly } from '@/shared/lib/time'

/** A person or channel, and what became of each way by which they were told. */
export interface Told {
  id: string
  name: string
  by: { kind: string; word: string; at: string; failed: boolean }[]
}

const kinds: Record<string, string> = { sms: 'SMS', email: 'mail', voice: 'call', push: 'push', webhook: 'webhook', slack: 'Slack' }

/** What people call a kind of channel. */
export const kindName = (kind: string): string => kinds[kind] ?? kind

const words: Record<MessageBody['status'], string> = {
  sending: 'being sent',
  retrying: 'tried again',
  accepted: 'sent',
  delivered: 'delivered',
  failed: 'failed',
  expired: 'came too late and was not sent',
  cancelled: 'not needed any more',
}

/** What the status of a message means. */
export const statusWord = (s: MessageBody['status']): string => words[s]

// Until it is sent it was not: what a provider said last stands there, also while it is tried again.
function wordOf(m: MessageBody): string {
  const why = m.detail === undefined || m.detail === '' ? '' : `: ${m.detail}`
  if (m.status === 'retrying' && m.attempt > 0) return `FAILED${why}, tried again`
  return m.status === 'failed' ? `FAILED${why}` : statusWord(m.status)
}

/** Who was paged, and the newest message by each way, in the order of the first one. */
export function told(messages: MessageBody[], users: Pick<UserBody, 'id' | 'name'>[]): Told[] {
  const out = new Map<string, Told>()
  const oldestFirst = messages.filter((m) => m.purpose === 'page' && m.status !== 'cancelled').toSorted((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at))
  for (const m of oldestFirst) {
    const t = out.get(m.recipient) ?? { id: m.recipient, name: users.find((u) => u.id === m.recipient)?.name ?? m.to, by: [] }
    const line = { kind: kindName(m.kind), word: wordOf(m), at: (m.status === 'retrying' ? m.next_at : m.sent_at) ?? m.created_at, failed: m.status === 'failed' || m.status === 'expired' || (m.status === 'retrying' && m.attempt > 0) }
    t.by = [...t.by.filter((b) => b.kind !== line.kind), line]
    out.set(m.recipient, t)
  }
  return [...out.values()]
}

const what: Record<NonNullable<IncidentBody['next']>['what'], string> = {
  escalate: 'The next level is paged',
  hold: 'Paging begins',
  repage: 'Paging begins again',
  reminder: 'The fallback is reminded',
  retry: 'Paging is tried again',
  ack_remind: 'A reminder is sent',
  ack_expire: 'The acknowledgement expires',
  grace: 'What still fires is looked at again',
  snooze: 'The snooze ends',
  suppress_end: 'The silence ends',
}

/** What comes next, without when: "Ben", "Ana again" where she was told already, or "The snooze ends". */
export function nextWords(n: NonNullable<IncidentBody['next']>, told: readonly { id: string }[]): string {
  const who = n.who ?? []
  const names = who.map((w) => w.name).join(', ')
  if (n.what === 'escalate' && names !== '') return who.every((w) => told.some((t) => t.id === w.id)) ? `${names} again` : names
  return names === '' || n.what === 'snooze' || n.what === 'suppress_end' || n.what === 'grace' || n.what === 'ack_expire' ? what[n.what] : `${what[n.what]} (${names})`
}

/** What comes next, whole: "Level 2 in 4:12: Ben by SMS, Ana again by mail". */
export function nextSaid(n: NonNullable<IncidentBody['next']>, told: readonly { id: string }[], when: string): string {
  const who = n.who ?? []
  if (n.what !== 'escalate' || n.level === 0 || who.length === 0) return `${nextWords(n, told)} ${when}`
  const each = who.map((w) => `${w.name}${told.some((t) => t.id === w.id) ? ' again' : ''}${w.kind === 'user' && w.by?.[0] !== undefined ? ` by ${kindName(w.by[0])}` : ''}`)
  return `Level ${n.level} ${when}: ${each.join(', ')}`
}

/** Where the server writes a moment in an entry: with its day, or the one that is nearest to the entry's own. */
const moments: Record<string, RegExp> = {
  snoozed: /(?<= until )(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC/,
  silenced: /(?<= until )(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC/,
  reminded: /(?<= it at )()(\d\d:\d\d) UTC$/,
  repage_waits: /(?<= goes on at )()(\d\d:\d\d:\d\d) UTC$/,
}

/** Entries of the server with a length of time in them, as programs write it: "30m0s". */
const lengths = new Set(['held', 'flapping', 'stable', 'grace'])

/** An entry in words: moments as everywhere on the page, by this device's zone. What others wrote stays as it is. */
export function entryWords(e: Pick<EntryBody, 'kind' | 'text' | 'at'>): string {
  const own = Date.parse(e.at)
  const moment = (whole: string, day: string, time: string): string => {
    const days = day === '' ? [-1, 0, 1].map((n) => new Date(own + n * 86_400_000).toISOString().slice(0, 10)) : [day]
    const at = days.map((d) => Date.parse(`${d}T${time}Z`)).sort((a, b) => Math.abs(a - own) - Math.abs(b - own))[0] ?? Number.NaN
    return Number.isNaN(at) ? whole : shortly(new Date(at).toISOString(), own)
  }
  const text = e.text.replace(/^Round (\d+): /, (_, n: string) => (n === '1' ? 'Paging begins: ' : 'Paging begins anew: '))
  if (lengths.has(e.kind)) return text.replace(/\b(?:(\d+)h)?(?:(\d+)m)?(\d+)s\b/, (_, h = '0', m = '0', s: string) => duration(1000 * (3600 * Number(h) + 60 * Number(m) + Number(s))))
  const said = moments[e.kind]
  return said === undefined ? text : text.replace(said, moment)
}

/** One line of the timeline, or several about the same person's messages, folded. */
export type Line = { kind: 'entry'; entry: EntryBody } | { kind: 'folded'; recipient: string; entries: EntryBody[] }

const deliveries = new Set(['page_accepted', 'page_failed', 'update_accepted', 'update_failed', 'delivery_failed', 'delivery_confirmed', 'delivery_unconfirmed', 'delivery_elsewhere'])

/** Newest first; what became of one person's messages in a row is one line. */
export function fold(entries: EntryBody[]): Line[] {
  const out: Line[] = []
  for (const e of entries.toReversed()) {
    const recipient = deliveries.has(e.kind) ? e.data?.['recipient'] : undefined
    const last = out.at(-1)
    if (recipient === undefined) out.push({ kind: 'entry', entry: e })
    else if (last?.kind === 'folded' && last.recipient === recipient) last.entries.push(e)
    else out.push({ kind: 'folded', recipient, entries: [e] })
  }
  return out.map((l) => (l.kind === 'folded' && l.entries.length === 1 && l.entries[0] !== undefined ? { kind: 'entry', entry: l.entries[0] } : l))
}
