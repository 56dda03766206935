import { onlineManager } from '@tanstack/react-query'
import { act, screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, onTestFinished, test } from 'vitest'

import { queryClient } from '@/app/query'
import { keys } from '@/shared/api/keys'
import { write } from '@/shared/lib/stored'
import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'
import { FakeSource } from '@/testing/source'
import { doubtOf, unsent, type Unsent } from './unsent'

const network = (on: boolean) => act(() => onlineManager.setOnline(on))

/** Acknowledges without a network, and closes the page. */
async function told(api: Api) {
  onTestFinished(() => onlineManager.setOnline(true))
  const { user, unmount } = await show('/i/1', api)
  const button = await screen.findByRole('button', { name: 'Acknowledge' })
  await waitFor(() => expect(queryClient.getQueryData(keys.session)).toBeTruthy())
  network(false)
  await user.click(button)
  expect((await screen.findByRole('region', { name: 'Not sent yet' })).textContent).toContain('NOT acknowledged yet: #1. It is sent when there is a connection. Until then escalation goes on.')
  expect(screen.getByRole('button', { name: 'Waits for a connection…' })).toBeTruthy()
  expect(api.find('1')?.status).toBe('open')
  unmount()
  return user
}

test('what was told without a connection is sent when there is one, also by a page that is loaded later', async () => {
  const api = new Api(incident(1))
  await told(api)
  network(true)
  await show('/history', api)
  expect(await screen.findByText('Acknowledged #1')).toBeTruthy()
  expect(api.find('1')?.status).toBe('acknowledged')
  await waitFor(() => expect(unsent()).toEqual([]))
})

test.each([
  ['is recorded only', { severity: 'info' }],
  ['is acknowledged', { status: 'acknowledged', assignee: 'Ana' }],
  ['is silenced', { silence: { all: true, alerts: 1, by: 'Bob', comment: '', until: '2999-01-01T00:00:00Z' } }],
] as const)('of what %s it is not said that escalation goes on', async (_, more) => {
  const was = incident(1, more)
  onTestFinished(() => onlineManager.setOnline(true))
  await show('/insight', new Api(was))
  await waitFor(() => expect(queryClient.getQueryData(keys.session)).toBeTruthy())
  network(false)
  act(() => write('unsent', [{ key: 'k', act: { do: 'resolve', ids: [was.id] }, at: Date.now(), by: 'u-ana', was: [was] }]))
  expect((await screen.findByRole('region', { name: 'Not sent yet' })).textContent).toMatch(/NOT resolved yet: #1\. It is sent when there is a connection\. \(/)
})

test('several that wait take one line, and each can be taken back', async () => {
  const list = [1, 2, 3].map((n) => incident(n))
  onTestFinished(() => onlineManager.setOnline(true))
  const { user } = await show('/insight', new Api(...list))
  await waitFor(() => expect(queryClient.getQueryData(keys.session)).toBeTruthy())
  network(false)
  act(() => write('unsent', list.map((was) => ({ key: was.id, act: { do: 'acknowledge', ids: [was.id] }, at: Date.now(), by: 'u-ana', was: [was] }))))
  const card = await screen.findByRole('region', { name: 'Not sent yet' })
  expect(card.textContent).toBe('NOT sent yet: 3 are waiting.Show')
  await user.click(within(card).getByRole('button', { name: 'Show' }))
  const sheet = await screen.findByRole('dialog', { name: 'Not sent yet' })
  const back = within(sheet).getAllByRole('button', { name: 'Take it back' })
  expect(back).toHaveLength(3)
  await user.click(back[1] as HTMLElement)
  expect(unsent().map((u) => u.was[0]?.number)).toEqual([1, 3])
})

test('another person does not send it, but their own', async () => {
  const api = new Api(incident(1), incident(2))
  await told(api)
  const hers = unsent()
  write('unsent', [...hers, { ...hers[0], key: 'of-ben', by: 'u-ben', act: { do: 'acknowledge', ids: [incident(2).id] }, was: [incident(2)] }])
  network(true)
  api.me = { id: 'u-ben', name: 'Ben' }
  await show('/i/1', api)
  expect(await screen.findByText('Acknowledged #2')).toBeTruthy()
  expect(screen.queryByText(/NOT acknowledged yet: #1/)).toBeNull()
  expect(api.find('1')?.status).toBe('open')
  await waitFor(() => expect(unsent()).toEqual(hers))
})

test('what is old, or about something that is not as it was, is asked for again', async () => {
  const api = new Api(incident(1))
  await told(api)
  api.change('1', { severity: 'critical', status: 'acknowledged', assignee: 'Ben' })
  network(true)
  const { user } = await show('/history', api)
  const card = await screen.findByRole('region', { name: 'Not sent yet' })
  await waitFor(() => expect(card.textContent).toContain('#1 is acknowledged now by Ben.'))
  expect(api.asked).not.toContain('POST /api/v1/incidents/bulk')
  await user.click(within(card).getByRole('button', { name: 'Send it now' }))
  expect(await screen.findByText(/acknowledged already by Ben/)).toBeTruthy()
  expect(unsent()).toEqual([])
})

test('it is kept where the server cannot be reached after all', async () => {
  const api = new Api(incident(1))
  await told(api)
  api.refuses = { status: 503, code: 'server.busy', detail: 'Try again.' }
  network(true)
  await show('/history', api)
  await waitFor(() => expect(api.asked).toContain('POST /api/v1/incidents/bulk'))
  expect(unsent()).toHaveLength(1)
})

test('why it is asked for again', () => {
  const one = incident(1)
  const ana = { name: 'Ana' }
  const u: Unsent = { key: 'k', act: { do: 'acknowledge', ids: [one.id] }, at: 1000, by: 'u-ana', was: [one] }
  const later = { ...one, version: 2 }
  expect(doubtOf(u, [later], 3_601_000, ana)).toBeUndefined()
  expect(doubtOf(u, [later], 3_601_001, ana)).toContain('more than an hour')
  expect(doubtOf({ ...u, was: [{ ...one, severity: 'warning' }] }, [later], 1000, ana)).toBe('#1 is critical now.')
  expect(doubtOf(u, [], 1000, ana)).toBe('#1 is resolved now.')
  const perhaps = { ...u, perhaps: true }
  const hers = { ...later, status: 'acknowledged' as const, assignee: 'Ana' }
  expect(doubtOf(perhaps, [hers], 1000, ana)).toBeUndefined()
  expect(doubtOf(u, [hers], 1000, ana)).toBe('#1 is acknowledged now by Ana.')
  expect(doubtOf({ ...perhaps, act: { do: 'escalate', ids: [one.id] } }, [later], 1000, ana)).toBe('It may have arrived: look at #1 first.')
  expect(doubtOf({ ...perhaps, act: { do: 'escalate', ids: [one.id] } }, [one], 1000, ana)).toBeUndefined()
})

test('what a server that cannot be reached was told is kept, though the device has a network, and sent when it answers', async () => {
  const api = new Api(incident(1))
  let dead = false
  api.handlers.unshift(http.all('*', () => (dead ? HttpResponse.error() : undefined)))
  const { user } = await show('/i/1', api)
  const button = await screen.findByRole('button', { name: 'Acknowledge' })
  await waitFor(() => expect(queryClient.getQueryData(keys.session)).toBeTruthy())
  dead = true
  await user.click(button)
  const card = await screen.findByRole('region', { name: 'Not sent yet' })
  expect(card.textContent).toContain('NOT acknowledged yet: #1. It was sent and nothing was answered: it may have arrived. It is sent again when there is a connection.')
  expect(await screen.findByRole('button', { name: 'Waits for a connection…' })).toBeTruthy()
  dead = false
  act(() => FakeSource.last.tell('ready'))
  expect(await screen.findByText('Acknowledged #1')).toBeTruthy()
  expect(unsent()).toEqual([])
  await waitFor(() => expect(screen.queryByRole('region', { name: 'Not sent yet' })).toBeNull())
})

test('what is being sent cannot be taken back', async () => {
  const api = new Api(incident(1))
  await told(api)
  let answer: (() => void) | undefined
  api.handlers.unshift(http.post('*/api/v1/incidents/bulk', () => new Promise<undefined>((done) => (answer = () => done(undefined)))))
  network(true)
  const { user } = await show('/history', api)
  const card = await screen.findByRole('region', { name: 'Not sent yet' })
  await waitFor(() => expect(card.textContent).toContain('Sending…'))
  await user.click(within(card).getByRole('button', { name: 'Take it back' }))
  expect(unsent()).toHaveLength(1)
  answer?.()
  expect(await screen.findByText('Acknowledged #1')).toBeTruthy()
  expect(unsent()).toEqual([])
})
