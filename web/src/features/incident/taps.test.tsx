import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'

import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] }) // the time of taps; what waits for an answer goes on by itself
  onTestFinished(() => void vi.useRealTimers())
})

/** What a finger does, as browsers tell it; whether the page took it. */
function tap(on: HTMLElement) {
  fireEvent(on, Object.assign(new Event('pointerdown', { bubbles: true }), { pointerType: 'touch' }))
  return fireEvent.click(on)
}

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

test('three taps in one place acknowledge, and do not resolve', async () => {
  const api = new Api(incident(1))
  await show('/i/1', api)
  const acknowledge = await screen.findByRole('button', { name: 'Acknowledge' })
  pass(1000)
  tap(acknowledge)
  const resolve = await screen.findByText('Resolve')
  pass(600)
  expect(tap(resolve)).toBe(false)
  pass(200)
  tap(resolve)
  await screen.findByText('Resolve #1')
  await screen.findByText('No alert fires any more.')
  const confirm = screen.getAllByText('Resolve').at(-1) as HTMLElement
  pass(600)
  expect(tap(confirm)).toBe(false)
  pass(200)
  expect(tap(confirm)).toBe(true)
  await waitFor(() => expect(api.find('1')?.status).toBe('resolved'))
})

test('a tap for what lay there before a message came up does not undo it', async () => {
  const api = new Api(incident(1))
  await show('/i/1', api)
  const acknowledge = await screen.findByRole('button', { name: 'Acknowledge' })
  pass(1000)
  tap(acknowledge)
  const undo = await screen.findByRole('button', { name: /^Undo/ })
  expect(tap(undo)).toBe(false)
  pass(800)
  expect(tap(undo)).toBe(true)
  await waitFor(() => expect(api.find('1')?.status).toBe('open'))
})

test('what was typed in a sheet is not thrown away by Escape without asking', async () => {
  const api = new Api(incident(1))
  const { user } = await show('/i/1', api)
  await screen.findByText('Unacknowledged')
  await user.keyboard('n')
  await screen.findByRole('dialog', { name: 'Write a note #1' })
  await user.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull()) // nothing was typed
  await user.keyboard('n')
  fireEvent.change(await screen.findByRole('textbox', { name: 'For the timeline' }), { target: { value: 'the pump is off' } })
  await user.keyboard('{Escape}')
  await user.click(within(await screen.findByRole('dialog', { name: 'Throw away what you typed?' })).getByRole('button', { name: 'Go on writing' }))
  await waitFor(() => expect(screen.queryByText('It is not sent.')).toBeNull())
  expect((screen.getByRole('textbox', { name: 'For the timeline' }) as HTMLTextAreaElement).value).toBe('the pump is off')
  await user.keyboard('{Escape}')
  await user.click(await screen.findByRole('button', { name: 'Throw it away' }))
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
})
