import type { QueryClient } from '@tanstack/react-query'

import { toSignIn } from '@/shared/api/sign-in'
import { say } from '@/shared/ui/toast'
import { forget } from './last-state'

const hour = 3_600_000

/** Lets the page begin without a network, and hears of upgrades. Over plain http browsers have no workers. */
export function startWorker(client: QueryClient): void {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
  if (workers === undefined || import.meta.env.DEV) return
  const own = document.querySelector<HTMLMetaElement>('meta[name=build]')?.content
  workers.addEventListener('message', (e: MessageEvent<{ build?: string; forget?: 'signed-out' | 'ended' }>) => {
    if (e.data.build !== undefined && e.data.build !== own) upgraded()
    const { forget: why } = e.data
    if (why === undefined) return
    if (why === 'signed-out') client.clear() // what a session's end leaves open still knows by whom it is told
    void forget(why === 'ended').then(() => toSignIn(why))
  })
  // The first view needs the network more.
  const register = async () => {
    const r = await workers.register('/sw.js')
    setInterval(() => void r.update().catch(() => undefined), hour)
  }
  const start = () => void register().catch(() => undefined)
  if (document.readyState === 'complete') start()
  else addEventListener('load', start)
}

// Nobody sits before the wall; who works is not interrupted.
function upgraded(): void {
  if (location.pathname === '/wall') location.reload()
  else say('Rouse was upgraded', 'stays', { does: 'Reload', run: () => location.reload() })
}

/** Asks whether the server is a newer one: after it was away it may be. */
export async function lookForUpgrade(): Promise<void> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
  try {
    await (await workers?.getRegistration())?.update()
  } catch {
    // it is away again
  }
}
