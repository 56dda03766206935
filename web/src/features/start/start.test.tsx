import { screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { mapped } from '@/features/integrations/read'
import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'
import { onlyHere } from './phone'
import { current, done } from './progress'

const step = (name: string) => screen.getByRole('heading', { name, level: 2 }).closest('li') as HTMLElement
const stepOf = async (name: string) => (await screen.findByRole('heading', { name, level: 2 })).closest('li') as HTMLElement
const nobody = { me: undefined, page: undefined, integrations: [], calls: [] }

test('a step is done when it really happened, and the first that is not is next', () => {
  const is = done({}, nobody)
  expect(Object.values(is)).toEqual([false, false, false, false, false])
  expect(current(is, [])).toBe('you')
  const call = { kind: 'user' as const, id: 'u-ben', name: 'Ben', page: true, level: 1, by: 'email', at: '', after_seconds: 0, walk: 1, waits_for_hours: false }
  const me = { id: 'u-ana', edition: 1, name: 'Ana', email: 'a@example.org', role: 'admin', disabled: false, time_zone: 'UTC', rules: { high: [], low: [] }, contacts: [{ id: 'c', name: 'mail', kind: 'email', to: 'a@example.org', verified: true }] }
  const all = done({ phone: true }, { ...nobody, me, page: incident(1, { acknowledged_at: '2026-03-01T12:00:10Z' }), calls: [call] })
  expect(all).toEqual({ you: true, phone: true, page: true, alert: false, next: true })
  expect(current(all, [])).toBe('alert')
  expect(current(all, ['alert'])).toBeUndefined()
  expect(done({}, { ...nobody, me, calls: [{ ...call, id: 'u-ana' }] }).next).toBe(false) // only oneself
  expect(done({}, { ...nobody, me, calls: [{ ...call, level: 0 }] }).next).toBe(false) // only the fallback
})

test('paged now, answered: it says how long that took, and one goes on', async () => {
  const api = new Api()
  let to: unknown
  api.handlers.unshift(
    http.post('*/api/v1/incidents', async ({ request }) => {
      to = ((await request.json()) as { to: unknown }).to
      api.incidents.push(incident(7, { manual: true, opened_at: '2026-03-01T12:00:00Z' }))
      return HttpResponse.json({ id: 'x', number: 7, changed: true }, { status: 201 })
    }),
  )
  const { user } = await show('/start', api)
  await user.click(await screen.findByRole('button', { name: 'Skip: Your phone' })) // one has a contact: the first step is done
  await user.click(screen.getByRole('button', { name: 'Page me now' }))
  expect(await screen.findByText(/On its way for/)).toBeTruthy()
  expect(to).toEqual([{ user: 'u-ana' }])
  api.change('7', { status: 'acknowledged', acknowledged_at: '2026-03-01T12:00:09Z', assignee: 'Ana' })
  expect(await screen.findByText(/Answered in 9 s ✓/)).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Next' }))
  expect(await within(step('The first alert')).findByText('Waiting for the first alert…')).toBeTruthy()
})

test('the code is for the address that phones use, and is seen to be used', async () => {
  const api = new Api()
  let used = false
  const asked: unknown[] = []
  api.handlers.unshift(
    http.post('*/api/v1/session/link', () => HttpResponse.json({ path: '/enter?token=rouse_enter_x', expires_at: new Date(Date.now() + 600_000).toISOString() }, { status: 201 })),
    http.post('*/api/v1/session/link/used', async ({ request }) => {
      asked.push(await request.json())
      return HttpResponse.json({ used })
    }),
  )
  const { user } = await show('/start', api)
  await user.click(await screen.findByRole('button', { name: 'Show the code' }))
  expect(await screen.findByRole('img', { name: 'The code for your phone’s camera' })).toBeTruthy()
  expect(screen.getByText('https://rouse.example.org')).toBeTruthy()
  await waitFor(() => expect(asked[0]).toEqual({ token: 'rouse_enter_x' }))
  used = true
  expect(await screen.findByRole('button', { name: 'Next' })).toBeTruthy()
  expect(within(step('Your phone')).getByText('Done:')).toBeTruthy()
})

test('an address that only this machine knows is said to be one', () => {
  expect(['http://localhost:8080', 'http://127.0.0.1', 'https://rouse.example.org', 'http://localhost.example.org'].map(onlyHere)).toEqual([true, true, false, false])
})

test('what was made of an alert, and of which label', () => {
  const i = incident(1, { service: 'checkout', environment: 'default', severity: 'critical' })
  i.source_alert.labels = { app: 'checkout', severity: 'critical', alertname: 'Down' }
  expect(mapped(i)).toEqual([{ what: 'Service', is: 'checkout', from: 'app' }, { what: 'Environment', is: 'default' }, { what: 'Severity', is: 'critical', from: 'severity' }])
})

test('where a phone cannot come it is said what to do, not to point it there', async () => {
  const api = new Api()
  api.handlers.unshift(http.get('*/api/v1/settings', () => HttpResponse.json({ edition: 1, default_policy: 'web', fallback: [], public_url: '', mail_domain: '' })))
  await show('/start', api)
  expect(await within(await stepOf('Your phone')).findByText(/Open this page by the machine’s address/)).toBeTruthy()
  expect(screen.queryByRole('button', { name: 'Show the code' })).toBeNull()
})

test('where nothing can reach the server it is said which answers come in', async () => {
  const api = new Api()
  const kind = { personal: true, shared: true, sendable: true, hint: '', options: [] }
  api.handlers.unshift(
    http.get('*/api/v1/channel-kinds', () =>
      HttpResponse.json({ kinds: [{ ...kind, kind: 'slack', label: 'Slack', answers: 'asked' }, { ...kind, kind: 'voice', label: 'Phone call', answers: 'called' }, { ...kind, kind: 'telegram', label: 'Telegram', answers: 'asked', sendable: false }] }),
    ),
  )
  await show('/start', api)
  const ways = await within(await stepOf('Your phone')).findByRole('region', { name: 'Where nothing can reach the server' })
  expect(ways.textContent).toContain('Answers come in all the same by:Slack')
  expect(ways.textContent).not.toContain('Telegram')
  expect(ways.textContent).toContain('Not by Phone call')
})

test('the key is made here, and stands in what is to be pasted', async () => {
  const api = new Api()
  api.role = 'admin'
  api.handlers.unshift(http.post('*/api/v1/integrations/i-main/key', () => HttpResponse.json({ ...api.directory.integrations[0], key: 'MADE-JUST-NOW' })))
  const { user } = await show('/start', api)
  await user.click(await screen.findByRole('button', { name: 'Open: The first alert' }))
  await user.click(await screen.findByRole('button', { name: 'Make a key' }))
  await waitFor(() => expect(screen.getByRole('region', { name: 'alertmanager.yml' }).textContent).toContain('credentials: MADE-JUST-NOW'))
})
