import type { QueryClient } from '@tanstack/react-query'

import type { IncidentBody, Me } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { read, useStored, write } from '@/shared/lib/stored'
import type { Act, Was } from './act'

/** What somebody told to do without a connection, kept in this browser until it is sent or taken back. */
export interface Unsent {
  key: string
  act: Act
  at: number // this device's clock, in milliseconds
  by: string // whoever was signed in
  was: Was[]
  /** It was sent, and nothing was answered: it may have arrived. */
  perhaps?: boolean
  /** Why it is asked for again instead of sent. */
  doubt?: string
}

const name = 'unsent'
const none: Unsent[] = []
const hour = 3_600_000

/** All of it, also what others told who were signed in here. */
export const unsent = (): Unsent[] => read(name, none)

/** Keeps it; nothing is known of what becomes of it. */
export function keepUnsent(queries: QueryClient, act: Act, known: IncidentBody[], perhaps = false, by = whoNow(queries)): undefined {
  const at = Date.now()
  const was = known.map(({ id, number, version, status, severity, silence }) => ({ id, number, version, status, severity, silence }))
  write<Unsent[]>(name, [...unsent(), { key: `${at}.${Math.random()}`, act, at, by, was, perhaps }])
}

/** Who is signed in: to be asked before something is sent, as a session that ends is forgotten at once. */
export const whoNow = (queries: QueryClient): string => queries.getQueryData<Me>(keys.session)?.id ?? ''

/** Takes it back. */
export const forgetUnsent = (key: string): void => write(name, unsent().filter((u) => u.key !== key))

/** Sends it all the same: it is as if told now, of the incidents as they are. */
export function affirm(queries: QueryClient, key: string): void {
  const u = unsent().find((o) => o.key === key)
  if (u === undefined) return
  forgetUnsent(key)
  keepUnsent(queries, u.act, queries.getQueryData<IncidentBody[]>(keys.unresolved)?.filter((i) => u.act.ids.includes(i.id)) ?? [])
}

/** Asks for it again instead of sending it, or knows that it may have arrived. */
export const markUnsent = (key: string, more: Pick<Unsent, 'doubt' | 'perhaps'>): void => write(name, unsent().map((u) => (u.key === key ? { ...u, ...more } : u)))

/** What is not sent yet of what this person told. */
export function useUnsent(me: Me | undefined): Unsent[] {
  const [all] = useStored(name, none)
  return all.filter((u) => u.by === me?.id)
}

/** What pages or writes once more where it is done twice. */
const twice = new Set<Act['do']>(['escalate', 'pass-on', 'reassign', 'add-responder', 'note'])

/** Why something is not done without asking: it is old, may have been done, or the incidents are not any more what they were. */
export function doubtOf(u: Unsent, now: IncidentBody[], at: number, me: Pick<Me, 'name'>): string | undefined {
  if (at - u.at > hour) return 'You said so more than an hour ago.'
  for (const was of u.was) {
    const is = now.find((i) => i.id === was.id)
    if (is?.version === was.version) continue
    if (u.perhaps === true && twice.has(u.act.do)) return `It may have arrived: look at #${was.number} first.`
    if (u.perhaps === true && is?.status === 'acknowledged' && is.assignee === me.name) continue // it did arrive: doing it again changes nothing
    if ((is?.status ?? 'resolved') !== was.status) return `#${was.number} is ${is?.status ?? 'resolved'} now${is?.assignee == null ? '' : ` by ${is.assignee}`}.`
    if (is !== undefined && is.severity !== was.severity) return `#${was.number} is ${is.severity} now.`
  }
  return undefined
}

/** Nothing of it is left: somebody signs out. */
export const forgetAllUnsent = (): void => localStorage.removeItem(`rouse.${name}`)
