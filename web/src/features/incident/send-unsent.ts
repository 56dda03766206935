import { onlineManager, useIsMutating, type QueryClient } from '@tanstack/react-query'

import { Problem, unreached } from '@/shared/api/problem'
import { sessionQuery } from '@/shared/api/session'
import { say } from '@/shared/ui/toast'
import { not, outcome, send } from './act'
import { lookAgain, unresolvedQuery } from './board'
import { doubtOf, forgetUnsent, markUnsent, unsent, type Unsent } from './unsent'

/** Sends what waits, in the order in which it was told. Who is signed in, and how the incidents are, is asked before. */
export async function sendUnsent(queries: QueryClient): Promise<void> {
  if (!onlineManager.isOnline() || !unsent().some((u) => u.doubt === undefined)) return
  try {
    await alone(async () => {
      const me = await queries.fetchQuery({ ...sessionQuery, staleTime: 0 })
      const now = await queries.fetchQuery({ ...unresolvedQuery, staleTime: 0 })
      for (const u of unsent()) {
        if (u.by !== me.id || u.doubt !== undefined || !unsent().some((o) => o.key === u.key)) continue // it may have been taken back meanwhile
        const doubt = doubtOf(u, now, Date.now(), me)
        if (doubt === undefined) await sendOne(queries, u)
        else markUnsent(u.key, { doubt })
      }
    })
  } catch {
    // there is no connection after all: it is kept
  }
}

/** What one of them is to those who must know that it is being sent. */
const sendingOf = (key: string) => ['unsent', key]

/** Whether it is being sent now: then it cannot be taken back. */
export const useBeingSent = (key: string): boolean => useIsMutating({ mutationKey: sendingOf(key) }) > 0

async function sendOne(queries: QueryClient, { key, act, was }: Unsent): Promise<void> {
  const sending = queries.getMutationCache().build(queries, { mutationKey: sendingOf(key), mutationFn: () => send(act), networkMode: 'always' })
  let said: { text: string; failed: boolean }
  try {
    said = outcome(act.do, await sending.execute(undefined), was)
  } catch (e) {
    if (unreached(e)) markUnsent(key, { perhaps: true })
    if (!(e instanceof Problem) || e.status === 0 || e.status === 401 || e.status >= 500) throw e
    said = { text: `${not(act.do)}: ${e.message}`, failed: true }
  }
  forgetUnsent(key)
  say(said.text, said.failed ? 'failed' : 'done')
  await lookAgain(queries, act.ids)
}

let sending = false

/** One page of this browser sends, once at a time: nothing is done twice. Over plain http only this page knows. */
async function alone(run: () => Promise<void>): Promise<void> {
  if (sending) return
  sending = true
  try {
    const locks = navigator.locks as LockManager | undefined
    await (locks === undefined ? run() : locks.request('rouse-unsent', { ifAvailable: true }, async (lock) => (lock === null ? undefined : run())))
  } finally {
    sending = false
  }
}
