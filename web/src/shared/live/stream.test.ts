import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { FakeSource } from '@/testing/source'
import { Stream } from './stream'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function listen(full = false) {
  const heard = { changed: vi.fn(), missed: vi.fn(), owned: vi.fn(), lost: vi.fn() }
  const stream = new Stream(heard, () => new FakeSource() as unknown as EventSource, () => Promise.resolve(full))
  stream.start()
  return { heard, stream }
}

test('the first change is told at once, a storm together', () => {
  const { heard } = listen()
  FakeSource.last.tell('incident', { id: 'a' })
  vi.advanceTimersByTime(20)
  expect(heard.changed.mock.calls).toEqual([[['a']]])
  for (let n = 0; n < 100; n++) FakeSource.last.tell('incident', { id: `b${n % 3}` })
  vi.advanceTimersByTime(250)
  expect(heard.changed).toHaveBeenCalledTimes(2)
  expect(heard.changed.mock.calls[1]).toEqual([['b0', 'b1', 'b2']])
})

test('silence is a lost connection, and it is opened again', () => {
  const { heard, stream } = listen()
  FakeSource.last.tell('ready')
  expect(heard.missed).toHaveBeenCalledTimes(1) // what was asked for before may be old
  const began = Date.now()
  vi.advanceTimersByTime(5_000)
  FakeSource.last.tell('here')
  vi.advanceTimersByTime(11_000)
  expect(stream.snapshot()).toEqual({ state: 'live' })
  vi.advanceTimersByTime(1_000)
  expect(stream.snapshot()).toEqual({ state: 'lost', since: began + 5_000 })
  expect(heard.missed).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(2_000)
  expect(FakeSource.all).toHaveLength(2)
  FakeSource.last.tell('ready')
  expect(stream.snapshot()).toEqual({ state: 'live' })
  expect(heard.missed).toHaveBeenCalledTimes(2)
})

test('too many pages is not a lost connection: it asks for news every ten seconds until there is room', async () => {
  const { heard, stream } = listen(true)
  FakeSource.last.fail(true)
  await vi.advanceTimersByTimeAsync(0)
  expect(stream.snapshot()).toEqual({ state: 'full' })
  expect([heard.missed, heard.lost].map((f) => f.mock.calls.length)).toEqual([1, 0])
  await vi.advanceTimersByTimeAsync(10_000)
  FakeSource.last.fail(true)
  await vi.advanceTimersByTimeAsync(0)
  expect(heard.missed).toHaveBeenCalledTimes(2)
  await vi.advanceTimersByTimeAsync(10_000)
  FakeSource.last.tell('ready')
  expect(stream.snapshot()).toEqual({ state: 'live' })
})

test('what the browser gives up for good is opened again, what it tries again is left to it', async () => {
  const { stream } = listen()
  FakeSource.last.tell('ready')
  FakeSource.last.fail()
  vi.advanceTimersByTime(5_000)
  expect(FakeSource.all).toHaveLength(1)
  FakeSource.last.fail(true)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(FakeSource.all).toHaveLength(2)
  stream.stop()
  vi.advanceTimersByTime(60_000)
  expect(FakeSource.all).toHaveLength(2)
})

test('a device that says it has no network is believed at once', () => {
  const { stream } = listen()
  FakeSource.last.tell('ready')
  dispatchEvent(new Event('offline'))
  expect(stream.snapshot().state).toBe('lost')
  stream.stop()
})
