import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { keys } from '@/shared/api/keys'
import { incident } from '@/testing/api'
import { Directory } from '@/testing/directory'

/** A Cache as browsers have it, as far as it is used. */
class FakeCaches {
  readonly kept = new Map<string, Map<string, Response>>()
  open = (name: string) => {
    const of = this.kept.get(name) ?? new Map<string, Response>()
    this.kept.set(name, of)
    return Promise.resolve({ put: (key: string, r: Response) => Promise.resolve(void of.set(key, r)) })
  }
  match = (key: string, { cacheName }: { cacheName: string }) => Promise.resolve(this.kept.get(cacheName)?.get(key)?.clone())
  delete = (name: string) => Promise.resolve(this.kept.delete(name))
}

let held: FakeCaches
// Of each test: whoever forgets keeps nothing more.
let own: typeof import('./last-state')
let heard: typeof import('@/shared/live/heard')
beforeEach(async () => {
  vi.useFakeTimers()
  held = new FakeCaches()
  vi.stubGlobal('caches', held)
  vi.resetModules()
  own = await import('./last-state')
  heard = await import('@/shared/live/heard')
  heard.noteHeard(5000)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function seen(): QueryClient {
  const client = new QueryClient()
  own.keep(client)
  client.setQueryData(keys.session, { id: 'u-ana' })
  client.setQueryData(keys.unresolved, [...Array.from({ length: 600 }, (_, n) => incident(n + 1, { severity: 'info' })), incident(1000)])
  client.setQueryData(keys.directory('users'), new Directory().users.map((p) => ({ ...p, contacts: [{ to: '+34600000000' }] })))
  client.setQueryData(keys.directory('integrations'), [{ name: 'main', key: 'secret' }])
  client.setQueryData([...keys.incident('7'), 'timeline'], ['it was opened'])
  return client
}
const text = async () => (await held.match('/last-state', { cacheName: 'rouse-state' }))?.text()

test('what was seen is there again, the worst of it, without keys and telephone numbers', async () => {
  seen()
  await vi.advanceTimersByTimeAsync(1_000)
  const again = new QueryClient()
  await own.restore(again)
  expect(again.getQueryData([...keys.incident('7'), 'timeline'])).toEqual(['it was opened'])
  const list = again.getQueryData<{ number: number }[]>(keys.unresolved)
  expect([list?.length, list?.[0]?.number]).toEqual([500, 1000])
  expect(await text()).not.toMatch(/secret|\+34600000000/)
})

test('it says since when it is old, where nothing newer was heard', async () => {
  seen()
  await vi.advanceTimersByTimeAsync(1_000)
  await own.restore(new QueryClient())
  expect(heard.lastHeard()).toBe(5000)
  heard.noteHeard(9000)
  await own.restore(new QueryClient())
  expect(heard.lastHeard()).toBe(9000)
})

test('what is newer stays', async () => {
  seen()
  await vi.advanceTimersByTimeAsync(1_000)
  const again = new QueryClient()
  again.setQueryData(keys.unresolved, [incident(3)])
  await own.restore(again)
  expect(again.getQueryData<{ number: number }[]>(keys.unresolved)?.map((i) => i.number)).toEqual([3])
})

test('whoever signs out keeps nothing more', async () => {
  const client = seen()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await text()).toBeDefined()
  await own.forget(false)
  client.setQueryData([...keys.incident('8'), 'timeline'], ['later'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(held.kept.has('rouse-state')).toBe(false)
})
