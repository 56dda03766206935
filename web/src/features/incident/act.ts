import { onlineManager, useQueryClient, type QueryClient } from '@tanstack/react-query'

import {
  changeIncidents,
  escalateIncident,
  mergeIncident,
  noteIncident,
  reassignIncident,
  respondersIncident,
  stopPagingIncident,
  type IncidentBody,
  type ResultBody,
  type WhomBody,
} from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { Problem, unreached } from '@/shared/api/problem'
import { toSignIn } from '@/shared/api/sign-in'
import { useSend } from '@/shared/lib/use-send'
import { say } from '@/shared/ui/toast'
import { lookAgain } from './board'
import { isPaged } from './can'
import { keepUnsent, whoNow } from './unsent'

/** What somebody does with incidents. */
export type Act = { ids: string[]; note?: string } & (
  | { do: 'acknowledge' | 'renew' | 'help' | 'resolve' | 'take-over' | 'reopen' | 'escalate' | 'note' | 'stop-paging' | 'merge' }
  | { do: 'set-priority'; priority: IncidentBody['priority'] }
  | { do: 'snooze'; minutes?: number; until?: string }
  | { do: 'pass-on'; to?: WhomBody }
  | { do: 'reassign' | 'add-responder'; to: WhomBody }
)

/** What each is called when it is done. */
const done: Record<Act['do'], string> = {
  acknowledge: 'Acknowledged',
  renew: 'Acknowledged again',
  help: 'You help with',
  resolve: 'Resolved',
  'take-over': 'Taken over',
  reopen: 'Reopened',
  escalate: 'Escalated',
  note: 'Noted on',
  'stop-paging': 'No more pages of',
  merge: 'Merged',
  'set-priority': 'Priority set of',
  snooze: 'Snoozed',
  'pass-on': 'Passed on',
  reassign: 'Reassigned',
  'add-responder': 'Help asked for with',
}

/** After "NOT", where the same words would not do. */
const undone: Partial<Record<Act['do'], string>> = { help: 'noted that you help with', 'stop-paging': 'stopped', 'set-priority': 'prioritised', 'add-responder': 'asked to help with' }

/** That it was not done, in words. */
export const not = (what: Act['do']) => `NOT ${undone[what] ?? done[what].toLowerCase()}`

/** What changes no incident's state where it is done, or nothing about who is paged. */
const changesNothing = new Set<Act['do']>(['note', 'renew', 'help'])
const stopsNobody = new Set<Act['do']>(['note', 'set-priority'])

/** What is known of an incident before something is done with it. */
export type Was = Pick<IncidentBody, 'id' | 'number' | 'version' | 'status' | 'severity' | 'silence'>

/** Those of which paging goes on because this was not done. */
export const stillPaged = <T extends Was>(what: Act['do'], was: T[]): T[] => (stopsNobody.has(what) ? [] : was.filter(isPaged))

/** As many as one request takes. */
const most = 500

/** Whoever does something hears within this, in milliseconds; a server that answers nothing cannot be reached. */
const patience = 10_000

/** Sends it; what became of each incident is in the answer. */
export async function send(a: Act): Promise<ResultBody[]> {
  const note = a.note === undefined || a.note === '' ? {} : { note: a.note }
  const to = { path: { id: a.ids[0] ?? '' }, signal: AbortSignal.timeout(patience) }
  switch (a.do) {
    case 'acknowledge':
    case 'resolve':
    case 'take-over':
    case 'reopen':
      return bulk(a.ids, { do: a.do, ...note })
    case 'renew':
    case 'help': // both are what an acknowledgement means on what is acknowledged already
      return bulk(a.ids, { do: 'acknowledge', ...note })
    case 'snooze':
      return bulk(a.ids, { do: a.do, ...note, ...(a.until === undefined ? { minutes: a.minutes ?? 60 } : { until: a.until }) })
    case 'set-priority':
      return bulk(a.ids, { do: a.do, priority: a.priority })
    case 'merge':
      return (await mergeIncident({ ...to, body: { ...note, with: a.ids.slice(1) } })).data.results ?? []
    case 'escalate':
      return (await escalateIncident({ ...to, body: note })).data.results ?? []
    case 'note':
      return (await noteIncident({ ...to, body: note })).data.results ?? []
    case 'stop-paging':
      return (await stopPagingIncident({ ...to, body: note })).data.results ?? []
    case 'pass-on':
      return bulk(a.ids, { do: a.do, ...note, ...(a.to === undefined ? {} : { to: a.to }) })
    case 'reassign':
      return (await reassignIncident({ ...to, body: { ...note, to: a.to } })).data.results ?? []
    case 'add-responder':
      return (await respondersIncident({ ...to, body: { ...note, to: a.to } })).data.results ?? []
  }
}

async function bulk(ids: string[], rest: Omit<Parameters<typeof changeIncidents>[0]['body'], 'ids'>): Promise<ResultBody[]> {
  const out: ResultBody[] = []
  for (let k = 0; k < ids.length; k += most) {
    out.push(...((await changeIncidents({ body: { ...rest, ids: ids.slice(k, k + most) }, signal: AbortSignal.timeout(patience) })).data.results ?? []))
  }
  return out
}

/** What became of it, in words. Nothing is said to be done that the server has not committed. `was`: the incidents before. */
export function outcome(what: Act['do'], results: ResultBody[], was: Was[]): { text: string; failed: boolean } {
  const failed = results.filter((r) => r.code !== undefined)
  const same = results.filter((r) => r.code === undefined && !r.changed)
  const word = done[what]
  const into = what === 'merge' ? results.find((r) => r.status !== 'resolved') : undefined
  if (into !== undefined) return { text: `Merged ${results.length} into #${into.number}`, failed: false }
  const [one, second] = results
  if (one !== undefined && second === undefined) {
    if (one.code !== undefined) return { text: `${not(what)} #${one.number ?? one.id}: ${one.detail ?? one.code}`, failed: true }
    if (!one.changed && !changesNothing.has(what)) {
      return { text: `#${one.number}: ${one.status ?? 'so'} already${one.assignee === undefined ? '' : ` by ${one.assignee}`}. Nothing to do.`, failed: false }
    }
    return { text: `${word} #${one.number}${what === 'reopen' ? after(one, was.find((i) => i.id === one.id)) : ''}`, failed: false }
  }
  const parts = [`${word} ${results.length - failed.length - same.length}`]
  if (same.length > 0) parts.push(`${same.length} were so already`)
  if (failed.length > 0) parts.push(`${failed.length} NOT: ${failed[0]?.detail ?? failed[0]?.code}`)
  return { text: parts.join('; '), failed: failed.length > 0 }
}

/** What follows when something was reopened or given back. */
const after = ({ status, assignee }: ResultBody, was: Was | undefined) =>
  status !== 'open' ? `: ${assignee ?? 'somebody'} has it` : was !== undefined && isPaged({ ...was, status }) ? ': it is open, and paging goes on' : ': it is open'

/** What undoing does, before it does it: whoever gives back what nobody had before has people paged. */
function undoes(back: Act, was: IncidentBody[]): string {
  const again = was.filter((i) => back.do === 'reopen' && isPaged(i))
  if (again.length === 0) return 'Undo'
  const names = [...new Set(again.flatMap((i) => (i.paging ?? []).map((p) => p.name)))]
  return names.length === 1 ? `Undo: ${names[0]} is paged again` : 'Undo: paging begins again'
}

/** What gives back how it was, where the API can do exactly that: `was` are the incidents before. */
export function undo(a: Act, results: ResultBody[], was: IncidentBody[]): Act | undefined {
  const changed = results.filter((r) => r.changed)
  const before = changed.flatMap((r) => was.find((i) => i.id === r.id) ?? [])
  const ids = changed.map((r) => r.id)
  const known = ids.length > 0 && before.length === ids.length
  switch (a.do) {
    case 'acknowledge':
    case 'resolve':
      return ids.length > 0 ? { do: 'reopen', ids } : undefined
    case 'snooze':
    case 'take-over':
      return known && before.every((i) => i.status === 'open') ? { do: 'reopen', ids } : undefined
    case 'set-priority':
      return known && before.every((i) => i.priority === before[0]?.priority) ? { do: 'set-priority', ids, priority: before[0]?.priority ?? '' } : undefined
    default:
      return undefined
  }
}

/** Sends it, or keeps it: without a connection until there is one, without a session until its owner has signed in again. */
async function tell(queries: QueryClient, a: Act): Promise<ResultBody[] | undefined> {
  const was = known(queries, a)
  const by = whoNow(queries)
  if (!onlineManager.isOnline()) return keepUnsent(queries, a, was)
  try {
    return await send(a)
  } catch (e) {
    const ended = e instanceof Problem && e.status === 401
    if (!ended && !unreached(e)) throw e
    keepUnsent(queries, a, was, !ended, by)
    if (ended) toSignIn('unsent')
    return undefined
  }
}

/** Says that something was not done; `of`: the incidents of which somebody is paged meanwhile. */
export type Refuse = (text: string, of?: string[]) => void

const sayRefused: Refuse = (text, of) => say(text, 'failed', undefined, of)

/** Does things with incidents, each its own decision, and says what became of it. What could not be sent is kept. */
export function useAct(refuse = sayRefused) {
  const queries = useQueryClient()
  const act = useSend({
    networkMode: 'always',
    mutationFn: (a: Act) => tell(queries, a),
    onMutate: (a) => known(queries, a),
    onSuccess: (results, a, was) => {
      if (results === undefined) return
      const { text, failed } = outcome(a.do, results, was)
      const back = undo(a, results, was)
      say(text, failed ? 'failed' : 'done', back === undefined ? undefined : { does: undoes(back, was), run: () => act.mutate(back) })
    },
    onError: (error, a, was = []) => {
      const paging = refused(error) ? [] : stillPaged(a.do, was)
      const goesOn = paging.length > 0 ? ' Escalation goes on.' : ''
      refuse(`${not(a.do)}${numbers(was)}: ${sentence(error.message)}${goesOn}`, paging.map((i) => i.id))
    },
    // Until what is shown is what the server says, it is "Sending…".
    onSettled: (_results, _error, a) => lookAgain(queries, a.ids),
  })
  return act
}

/** It was heard, and cannot be: how the incident stands is another matter. */
const refused = (e: Error) => e instanceof Problem && (e.status === 404 || e.status === 409)

const mostNamed = 5

/** " #12, #13": some of them, by number. */
const numbers = (list: IncidentBody[]) => (list.length === 0 ? '' : ` ${list.slice(0, mostNamed).map((i) => `#${i.number}`).join(', ')}${list.length > mostNamed ? ` and ${list.length - mostNamed} more` : ''}`)

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`)

const known = (queries: QueryClient, a: Act) => a.ids.flatMap((id) => before(queries, id) ?? [])

/** The incident as it is known now. */
const before = (queries: QueryClient, id: string) =>
  queries.getQueryData<IncidentBody[]>(keys.unresolved)?.find((i) => i.id === id) ??
  queries.getQueriesData<IncidentBody>({ queryKey: ['incident'], predicate: (q) => q.queryKey[2] === 'state' }).find(([, i]) => i?.id === id)?.[1]
