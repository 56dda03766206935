import { act, screen, waitFor } from '@testing-library/react'
import { expect, test, vi } from 'vitest'

import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'
import { FakeSource } from '@/testing/source'

test('at most eight, and how many more', async () => {
  await show('/wall', new Api(...Array.from({ length: 20 }, (_, n) => incident(n + 1))))
  await screen.findByText('+12 more')
  expect(screen.getAllByRole('listitem')).toHaveLength(8)
})

test('quiet, since the last one ended', async () => {
  await show('/wall', new Api(incident(1, { status: 'resolved', resolved_at: new Date(Date.now() - 6.2 * 3_600_000).toISOString() })))
  expect(await screen.findByText(/All quiet · 6 h 1[12] min/)).toBeTruthy()
})

test('it is dark whatever the page is, says what is worst, and leads out', async () => {
  const { user } = await show('/wall', new Api(incident(1, { exhausted: true })))
  await screen.findByText('Nobody answered')
  expect(screen.getByRole('main').dataset['theme']).toBe('dark')
  expect(screen.getByRole('link', { name: 'Incidents' }).getAttribute('href')).toBe('/')
  await user.keyboard('{Escape}')
  expect(await screen.findByRole('heading', { name: 'Unacknowledged 1' })).toBeTruthy()
})

test('what is silenced is marked', async () => {
  await show('/wall', new Api(incident(1, { silence: { all: true, alerts: 1, by: 'Bob', comment: '', until: '2999-01-01T00:00:00Z' } }), incident(2)))
  expect((await screen.findByText('Silenced')).closest('li')?.textContent).toContain('Incident 1')
})

test('it says since when it is stale', async () => {
  await show('/wall', new Api(incident(1)))
  await screen.findByRole('listitem')
  act(() => FakeSource.last.tell('ready'))
  const later = Date.now() + 20_000
  vi.spyOn(Date, 'now').mockImplementation(() => later)
  act(() => FakeSource.last.fail(true))
  await waitFor(() => expect(screen.getByRole('status').textContent).toMatch(/No news for \d+ s: this may be old/), { timeout: 3000 })
  vi.restoreAllMocks()
})
