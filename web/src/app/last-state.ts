import type { Query, QueryClient, QueryKey } from '@tanstack/react-query'

import { forgetAllUnsent } from '@/features/incident/unsent'
import type { IncidentBody, UserBody } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { lastHeard, noteHeard } from '@/shared/live/heard'

// What was seen last, for when there is no network: in the browser's Cache, which the service worker can empty, too, when
// somebody signs out. Over plain http browsers have neither.
const cache = 'rouse-state'
const entry = '/last-state'

interface Last {
  form: 1
  heard: number
  queries: { key: QueryKey; data: unknown; at: number }[]
}

const worst = ['critical', 'error', 'warning', 'info', 'none'] as const
const mostListed = 500

/** What is kept, and of it what a page needs: contacts are nobody's to find on a lost phone. */
function kept({ queryKey: [kind, of], state: { data } }: Query): unknown {
  switch (kind) {
    case keys.session[0]:
      return data
    case keys.unresolved[0]:
      return worst.flatMap((s) => (data as IncidentBody[]).filter((i) => i.severity === s)).slice(0, mostListed)
    case 'directory':
      return of === 'users' ? (data as UserBody[]).map((u) => ({ ...u, contacts: undefined })) : of === 'teams' ? data : undefined
    case 'incident':
      return data
    default:
      return undefined
  }
}

const mostIncidents = 100 // answers about single ones: the newest

function snapshot(client: QueryClient): Last | undefined {
  const heard = lastHeard()
  const all = client.getQueryCache().getAll().filter((q) => q.state.status === 'success')
  if (heard === undefined || !all.some((q) => q.queryKey[0] === keys.session[0])) return undefined
  const queries = all.flatMap((q) => {
    const data = kept(q)
    return data === undefined ? [] : [{ key: q.queryKey, data, at: q.state.dataUpdatedAt }]
  })
  const single = queries.filter((q) => q.key[0] === 'incident').toSorted((a, b) => b.at - a.at)
  return { form: 1, heard, queries: [...queries.filter((q) => q.key[0] !== 'incident'), ...single.slice(0, mostIncidents)] }
}

/** Puts what was seen last where the pages look for it and nothing newer is. */
export async function restore(client: QueryClient): Promise<void> {
  if (!('caches' in globalThis)) return
  try {
    const found = await caches.match(entry, { cacheName: cache })
    if (found === undefined) return
    const last = (await found.json()) as Last
    if (last.form !== 1) return
    if (lastHeard() === undefined) noteHeard(last.heard)
    for (const q of last.queries) {
      if (client.getQueryState(q.key)?.data === undefined) client.setQueryData(q.key, q.data, { updatedAt: q.key[0] === 'directory' ? 1 : q.at }) // not all of it: asked for again at once
    }
  } catch {
    // then there is none
  }
}

let keeping = true

/** Lets go of what was seen: somebody signs out, or in. What was told and is not sent stays where only a session has ended. */
export async function forget(ended: boolean): Promise<void> {
  keeping = false
  if (!ended) forgetAllUnsent()
  if ('caches' in globalThis) await caches.delete(cache)
}

const soon = 1_000
const often = 10_000

/** Keeps what is seen from now on: soon after it has changed, and when the page is put away. */
export function keep(client: QueryClient): void {
  if (!('caches' in globalThis)) return
  let saved = 0
  let due: ReturnType<typeof setTimeout> | undefined
  const save = async () => {
    clearTimeout(due)
    due = undefined
    saved = Date.now()
    const last = keeping ? snapshot(client) : undefined
    if (last === undefined) return
    try {
      await (await caches.open(cache)).put(entry, new Response(JSON.stringify(last), { headers: { 'Content-Type': 'application/json' } }))
      if (!keeping) await caches.delete(cache) // signed out meanwhile
    } catch {
      // no room: then there is nothing to see without a network
    }
  }
  client.getQueryCache().subscribe((e) => {
    if (e.type === 'updated' && e.action.type === 'success') due ??= setTimeout(() => void save(), Math.max(soon, saved + often - Date.now()))
  })
  document.addEventListener('visibilitychange', () => (document.visibilityState === 'hidden' ? void save() : undefined))
}
