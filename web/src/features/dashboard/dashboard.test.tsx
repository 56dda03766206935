import { act, screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'

import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'
import { FakeSource } from '@/testing/source'

const lines = () => [...document.querySelectorAll('[data-line]')].map((l) => /#(\d+)/.exec(l.textContent ?? '')?.[1])
const line = (n: number) => screen.findByRole('button', { name: new RegExp(`^(?!Ack).*#${n} ·`) })

test('worst first, then the oldest; acknowledged ones after them', async () => {
  await show('/', new Api(incident(3, { severity: 'warning' }), incident(1), incident(2, { status: 'acknowledged', assignee: 'Ben' }), incident(4)))
  await line(1)
  expect(lines()).toEqual(['1', '4', '3', '2'])
  expect(screen.getByRole('heading', { level: 1 }).textContent).toContain('3 unacked · 1 acked')
  expect(document.title).toBe('(3!) Rouse')
})

test('nothing is acknowledged before the server has said so, and a failure says NOT', async () => {
  const api = new Api(incident(1))
  api.refuses = { status: 503, code: 'store.unavailable', detail: 'the database does not answer.' }
  const { user } = await show('/', api)
  await user.click(await screen.findByRole('button', { name: 'Ack #1' }))
  expect(await screen.findAllByText('NOT acknowledged #1: the database does not answer. Escalation goes on.')).not.toHaveLength(0)
  expect(screen.getByRole('heading', { level: 1 }).textContent).toContain('1 unacked')
  api.refuses = undefined
  await user.click(screen.getByRole('button', { name: 'Ack #1' }))
  expect(await screen.findByText('Acknowledged #1')).toBeTruthy()
  await waitFor(() => expect(screen.getByRole('heading', { level: 1 }).textContent).toContain('0 unacked · 1 acked'))
})

test('saved views are a person’s own: nobody else on the same browser sees them', async () => {
  const api = new Api(incident(1))
  const { user, unmount } = await show('/?service=payments', api)
  await user.click(await screen.findByRole('button', { name: 'Views' }))
  await user.type(await screen.findByRole('textbox', { name: 'Save this one as' }), 'ours')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByRole('button', { name: 'ours' })).toBeTruthy()
  unmount()
  api.me = { id: 'u-ben', name: 'Ben' }
  const { user: ben, unmount: gone } = await show('/?service=payments', api)
  await ben.click(await screen.findByRole('button', { name: 'Views' }))
  await screen.findByText('Saved views')
  expect(screen.queryByRole('button', { name: 'ours' })).toBeNull()
  gone()
  api.me = { id: 'u-ana', name: 'Ana' }
  const { user: ana } = await show('/', api)
  await ana.click(await screen.findByRole('button', { name: 'Views' }))
  expect(await screen.findByRole('button', { name: 'ours' })).toBeTruthy()
})

test('what is new appears by itself, but never under the cursor', async () => {
  const api = new Api(incident(2))
  const { user } = await show('/', api)
  const first = await line(2)
  const tell = (n: number) => act(() => FakeSource.last.tell('incident', { id: api.find(String(n))?.id }))
  api.incidents.push(incident(1))
  tell(1)
  await waitFor(() => expect(lines()).toEqual(['1', '2']))
  await user.hover(first)
  api.incidents.push(incident(3, { opened_at: '2026-01-01T00:00:00Z' }))
  tell(3)
  expect(await screen.findByRole('button', { name: '1 new ↑' })).toBeTruthy()
  expect(lines()).toEqual(['1', '2'])
  await user.click(screen.getByRole('button', { name: '1 new ↑' }))
  expect(lines()).toEqual(['3', '1', '2'])
})

test('everything by keys: move, select, acknowledge all of them', async () => {
  const api = new Api(incident(1), incident(2), incident(3))
  const { user } = await show('/', api)
  await line(1)
  await user.keyboard('jj')
  expect(document.activeElement?.textContent).toContain('#2 ·')
  await user.keyboard('k')
  expect(document.activeElement?.textContent).toContain('#1 ·')
  await user.keyboard('{Enter}')
  expect(await screen.findByRole('link', { name: 'Open #1' })).toBeTruthy()
  await user.keyboard('xjx')
  expect(screen.getByRole('toolbar').textContent).toContain('2 selected')
  await user.keyboard('a')
  expect(await screen.findByText('Acknowledged 2')).toBeTruthy()
  expect(api.incidents.map((i) => i.status)).toEqual(['acknowledged', 'acknowledged', 'open'])
})

test('keys are text where somebody writes, and nothing where they were switched off', async () => {
  const { user } = await show('/', new Api(incident(1)))
  await line(1)
  await user.keyboard('/')
  expect(document.activeElement).toBe(screen.getByRole('searchbox', { name: 'Search' }))
  await user.keyboard('?')
  expect(screen.queryByRole('dialog')).toBeNull()
  ;(document.activeElement as HTMLElement).blur()
  await user.keyboard('?')
  const help = await screen.findByRole('dialog', { name: 'Keys' })
  await user.click(await within(help).findByRole('checkbox', { name: 'Single keys do something' }))
  await user.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  await user.keyboard('?')
  expect(screen.queryByRole('dialog')).toBeNull()
})

test('a viewer sees everything, and why nothing can be done', async () => {
  const api = new Api(incident(1))
  api.role = 'viewer'
  const { user } = await show('/', api)
  const button = await screen.findByRole('button', { name: 'Ack #1' })
  await waitFor(() => expect(button.title).toContain('Viewers look on'))
  await user.click(button)
  expect(api.asked.some((a) => a.startsWith('POST'))).toBe(false)
})

test('ten thousand are there, some are drawn', async () => {
  await show('/', new Api(...Array.from({ length: 10_000 }, (_, n) => incident(n + 1))))
  await line(1)
  expect(screen.getByRole('heading', { level: 1 }).textContent).toContain('10000 unacked')
  expect(lines().length).toBeLessThan(100)
})

test('a storm says what its alerts share', async () => {
  const api = new Api(incident(1))
  api.storm = {
    incidents: 41, services: 23, alerts: 300, began: new Date(Date.now() - 240_000).toISOString(), newest: null,
    first: { number: 1, service: 'db-main', title: 'down', at: '2026-03-01T03:12:04Z' }, shares: [{ name: 'node', value: 'n7', alerts: 212 }],
  }
  await show('/', api)
  const card = await screen.findByRole('region', { name: 'Storm' })
  expect(card.textContent).toContain('41 incidents, 23 services, 4 min')
  expect(card.textContent).toContain('212 of 300 alerts share node=n7')
})

test('what the filters leave out is not healthy', async () => {
  const api = new Api(incident(1, { service: 'payments', severity: 'critical' }))
  await show('/?severity=warning', api)
  await screen.findByText('Nothing fits these filters')
  const well = await screen.findByText(/^\d+ healthy$/)
  expect(well.parentElement?.textContent).not.toContain('payments')
})

test('nonsense in the address is left out, and said', async () => {
  await show('/?severity=bad', new Api(incident(1)))
  await line(1)
  expect(screen.getByText(/^Left out/).textContent).toBe('Left out: severity “bad”, which is not a severity.')
})

test('a heading counts what is seen, and of how many', async () => {
  await show('/?service=auth', new Api(incident(1), incident(2, { service: 'auth' })))
  await line(2)
  expect(screen.getByRole('heading', { name: 'Unacknowledged 1 of 2' })).toBeTruthy()
  expect(screen.getByRole('heading', { level: 1 }).textContent).toContain('2 unacked')
})

test('a storm waits while somebody points at the list: its card would push it away', async () => {
  const api = new Api(incident(1))
  const { user } = await show('/', api)
  await user.hover(await line(1))
  api.storm = { incidents: 12, services: 3, alerts: 12, began: null, newest: null, first: null, shares: [] }
  api.incidents.push(incident(2))
  act(() => FakeSource.last.tell('incident', { id: api.find('2')?.id }))
  await waitFor(() => expect(api.asked.filter((a) => a === 'GET /api/v1/storm').length).toBeGreaterThan(1))
  await screen.findByRole('button', { name: '1 new ↑' })
  expect(screen.queryByRole('region', { name: 'Storm' })).toBeNull()
  await user.unhover(await line(1))
  expect(await screen.findByRole('region', { name: 'Storm' })).toBeTruthy()
})

test('who is paged, that nobody answered, and what comes next stand in the line', async () => {
  const next = { at: new Date(Date.now() + 252_000).toISOString(), level: 0, what: 'reminder' as const, who: [{ kind: 'user' as const, id: 'u-ana', name: 'Ana', by: [] }] }
  await show('/', new Api(incident(1, { exhausted: true, next }), incident(2, { paging: [{ kind: 'user', id: 'u-ben', name: 'Ben', by: [] }] })))
  expect((await line(1)).textContent).toMatch(/Nobody answeredThe fallback is reminded \(Ana\) in 4:1[0-2]/)
  expect((await line(2)).textContent).toContain('paging Ben')
})

test('all that is selected is passed on', async () => {
  const api = new Api(incident(1), incident(2), incident(3))
  const { user } = await show('/', api)
  await line(1)
  await user.keyboard('jxjxe')
  const dialog = await screen.findByRole('dialog', { name: 'Pass on 2 incidents' })
  await user.click(within(dialog).getByRole('button', { name: 'Pass on' }))
  await waitFor(() => expect(api.asked).toContain('POST /api/v1/incidents/bulk'))
  expect(api.did).toEqual([{ do: 'pass-on', ids: [api.incidents[0]?.id, api.incidents[1]?.id] }])
})

test('what was resolved under the cursor is no reason to say that nothing fits', async () => {
  const api = new Api(incident(1), incident(2, { service: 'auth' }))
  const { user } = await show('/?service=payments', api)
  await user.hover(await line(1))
  api.change('1', { status: 'resolved' })
  act(() => FakeSource.last.tell('incident', { id: api.find('1')?.id }))
  await waitFor(async () => expect((await line(1)).textContent).toContain('resolved'))
  expect(screen.queryByText('Nothing fits these filters')).toBeNull()
  await user.unhover(await line(1))
  expect(await screen.findByText('Nothing fits these filters')).toBeTruthy()
})

test('a part of a service’s name leads to the whole one, and back', async () => {
  const api = new Api(incident(1))
  const { user, router } = await show('/', api)
  await line(1)
  await user.type(screen.getByRole('combobox', { name: 'Service' }), 'pa')
  await screen.findByText('pa', { selector: 'bdi' })
  await user.keyboard('y')
  await screen.findByText('pay', { selector: 'bdi' })
  const typed = router.history.length
  await user.click(screen.getByRole('button', { name: 'payments' }))
  await line(1)
  expect(router.history.length).toBe(typed + 1)
  expect(typed).toBe(2) // however many keys
  act(() => router.history.back())
  await screen.findByText('pay', { selector: 'bdi' })
})

test('a view’s name that is used already replaces it only where that is said', async () => {
  const { user } = await show('/?service=payments', new Api(incident(1)))
  await user.click(await screen.findByRole('button', { name: 'Views' }))
  const name = await screen.findByRole('textbox', { name: 'Save this one as' })
  await user.type(name, 'ours')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  await user.type(name, 'ours')
  expect(screen.getByText('There is one of this name')).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Replace' })).toBeTruthy()
})

test('a filter for a team or somebody that there is not is named, and can be taken out', async () => {
  const { user, router } = await show('/?team=gone&assignee=nobody@example.org', new Api(incident(1)))
  expect((await screen.findByText(/There is no team/)).textContent).toBe('There is no team “gone”.')
  expect((await screen.findByText(/There is no person/)).textContent).toBe('There is no person “nobody@example.org”.')
  const team = screen.getByLabelText('Team') as HTMLSelectElement
  expect(team.value).toBe('gone')
  await user.selectOptions(team, '')
  await waitFor(() => expect(router.state.location.search).toEqual({ assignee: 'nobody@example.org' }))
})
