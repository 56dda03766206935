import { useMutation, useQueryClient } from '@tanstack/react-query'

import {
  changeIncidents,
  escalateIncident,
  noteIncident,
  passOnIncident,
  reassignIncident,
  respondersIncident,
  stopPagingIncident,
  type ResultBody,
  type WhomBody,
} from '@/shared/api/client'
import { say } from '@/shared/ui/toast'
import { lookAgain } from './board'

/** What somebody does with incidents. */
export type Act = { ids: string[]; note?: string } & (
  | { do: 'acknowledge' | 'resolve' | 'take-over' | 'reopen' | 'escalate' | 'note' | 'stop-paging' }
  | { do: 'snooze'; minutes?: number; until?: string }
  | { do: 'pass-on'; to?: WhomBody }
  | { do: 'reassign' | 'add-responder'; to: WhomBody }
)

/** What each is called when it is done; after "NOT" when it is not. */
const done: Record<Act['do'], string> = {
  acknowledge: 'Acknowledged',
  resolve: 'Resolved',
  'take-over': 'Taken over',
  reopen: 'Reopened',
  escalate: 'Escalated',
  note: 'Noted on',
  'stop-paging': 'No more pages of',
  snooze: 'Snoozed',
  'pass-on': 'Passed on',
  reassign: 'Reassigned',
  'add-responder': 'Help asked for with',
}

/** As many as one request takes. */
const most = 500

async function send(a: Act): Promise<ResultBody[]> {
  const note = a.note === undefined || a.note === '' ? {} : { note: a.note }
  const path = { id: a.ids[0] ?? '' }
  switch (a.do) {
    case 'acknowledge':
    case 'resolve':
    case 'take-over':
    case 'reopen':
      return bulk(a.ids, { do: a.do, ...note })
    case 'snooze':
      return bulk(a.ids, { do: a.do, ...note, ...(a.until === undefined ? { minutes: a.minutes ?? 60 } : { until: a.until }) })
    case 'escalate':
      return (await escalateIncident({ path, body: note })).data.results ?? []
    case 'note':
      return (await noteIncident({ path, body: note })).data.results ?? []
    case 'stop-paging':
      return (await stopPagingIncident({ path, body: note })).data.results ?? []
    case 'pass-on':
      return (await passOnIncident({ path, body: { ...note, ...(a.to === undefined ? {} : { to: a.to }) } })).data.results ?? []
    case 'reassign':
      return (await reassignIncident({ path, body: { ...note, to: a.to } })).data.results ?? []
    case 'add-responder':
      return (await respondersIncident({ path, body: { ...note, to: a.to } })).data.results ?? []
  }
}

async function bulk(ids: string[], rest: Omit<Parameters<typeof changeIncidents>[0]['body'], 'ids'>): Promise<ResultBody[]> {
  const out: ResultBody[] = []
  for (let k = 0; k < ids.length; k += most) {
    out.push(...((await changeIncidents({ body: { ...rest, ids: ids.slice(k, k + most) } })).data.results ?? []))
  }
  return out
}

/** What became of it, in words. Nothing is said to be done that the server has not committed. */
export function outcome(what: Act['do'], results: ResultBody[]): { text: string; failed: boolean } {
  const failed = results.filter((r) => r.code !== undefined)
  const same = results.filter((r) => r.code === undefined && !r.changed)
  const word = done[what]
  const [one, second] = results
  if (one !== undefined && second === undefined) {
    if (one.code !== undefined) return { text: `NOT ${word.toLowerCase()} #${one.number ?? one.id}: ${one.detail ?? one.code}`, failed: true }
    if (!one.changed && what !== 'note') {
      return { text: `#${one.number}: ${one.status ?? 'so'} already${one.assignee === undefined ? '' : ` by ${one.assignee}`}. Nothing to do.`, failed: false }
    }
    return { text: `${word} #${one.number}`, failed: false }
  }
  const parts = [`${word} ${results.length - failed.length - same.length}`]
  if (same.length > 0) parts.push(`${same.length} were so already`)
  if (failed.length > 0) parts.push(`${failed.length} NOT: ${failed[0]?.detail ?? failed[0]?.code}`)
  return { text: parts.join('; '), failed: failed.length > 0 }
}

/** Does things with incidents, each its own decision, and says what became of it. */
export function useAct() {
  const queries = useQueryClient()
  const act = useMutation({
    mutationFn: send,
    onSuccess: (results, a) => {
      const { text, failed } = outcome(a.do, results)
      const back = (a.do === 'acknowledge' || a.do === 'resolve') && results.some((r) => r.changed)
      say(text, failed ? 'failed' : 'done', back ? { does: 'Undo', run: () => act.mutate({ do: 'reopen', ids: a.ids }) } : undefined)
    },
    onError: (error, a) => say(`NOT ${done[a.do].toLowerCase()}: ${error.message} Escalation goes on.`, 'failed'),
    // Until what is shown is what the server says, it is "Sending…".
    onSettled: (_results, _error, a) => lookAgain(queries, a.ids),
  })
  return act
}
