import { act, screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, onTestFinished, test } from 'vitest'

import { unsent } from '@/features/incident/unsent'
import { write } from '@/shared/lib/stored'
import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'
import { FakeSource } from '@/testing/source'

test('the commands lead to services, people and teams', async () => {
  const { user, router } = await show('/insight', new Api())
  await screen.findByRole('heading', { level: 1 })
  for (const [words, path] of [
    ['service paym', '/services/payments'],
    ['ben@ex', '/people/u-ben'],
    ['team web', '/teams/t-web'],
  ] as const) {
    await user.keyboard('{Control>}k{/Control}')
    await user.type(await screen.findByRole('combobox', { name: /Command/ }), words)
    await waitFor(() => expect(screen.getAllByRole('option').length).toBeGreaterThan(1)) // the last searches the past
    await user.keyboard('{Enter}')
    await waitFor(() => expect(router.state.location.pathname).toBe(path))
  }
})

test('what the bar has no room for is under "Menu"', async () => {
  const { user } = await show('/', new Api(incident(1)))
  await user.click(await screen.findByRole('button', { name: 'Menu' }))
  const more = await screen.findByRole('dialog', { name: 'Menu' })
  const way = async (name: RegExp) => (await within(more).findByRole('link', { name })).getAttribute('href')
  expect(await way(/^Wall/)).toBe('/wall')
  expect(await way(/^Set up/)).toBe('/integrations')
  expect(await way(/^Ana/)).toBe('/people/u-ana')
  expect(within(more).getByRole('combobox', { name: 'Colours' })).toBeTruthy()
  expect((within(more).getByRole('button', { name: 'Sign out' }) as HTMLButtonElement).form?.id).toBe('sign-out')
  await user.click(within(more).getByRole('button', { name: 'Keys' }))
  expect(await screen.findByRole('dialog', { name: 'Keys' })).toBeTruthy()
})

test('characters that turn the direction of text are shown as text', async () => {
  const api = new Api(incident(1, { source_alert: { fingerprint: 'f', startsAt: null, labels: { alertname: '\u202etxet' } } }))
  const { user } = await show('/', api)
  await user.click(await screen.findByRole('button', { name: /^(?!Ack).*#1 ·/ }))
  expect(await screen.findByText('alertname=[U+202E]txet')).toBeTruthy()
})

test.each(['the button', 'the command'])('signing out by %s leaves nothing unsent behind, also where there is no service worker', async (by) => {
  const stay = (e: Event) => e.preventDefault()
  addEventListener('submit', stay)
  onTestFinished(() => removeEventListener('submit', stay))
  write('unsent', [{ key: 'k', act: { do: 'acknowledge', ids: ['1'] }, at: 0, by: 'u-ben', was: [] }])
  const { user } = await show('/insight', new Api())
  const button = await screen.findByRole('button', { name: 'Sign out' })
  expect(unsent()).toHaveLength(1)
  if (by === 'the button') await user.click(button)
  else {
    await user.keyboard('{Control>}k{/Control}')
    await user.type(await screen.findByRole('combobox', { name: /Command/ }), 'sign out{Enter}')
  }
  await waitFor(() => expect(unsent()).toEqual([]))
})

test('too many open pages: it is said that this one is not live', async () => {
  const api = new Api()
  api.handlers.unshift(http.get('*/api/v1/stream', () => HttpResponse.json({ title: 'No', status: 429, code: 'stream.too_many', detail: 'too many' }, { status: 429 })))
  await show('/insight', api)
  await screen.findByRole('heading', { level: 1 })
  act(() => FakeSource.last.fail(true))
  expect((await screen.findByText(/^Not live/)).textContent).toBe('Not live: too many open pages. This one asks for news every 10 s: close others')
  act(() => FakeSource.last.tell('ready'))
  await waitFor(() => expect(screen.queryByText(/^Not live/)).toBeNull())
})
