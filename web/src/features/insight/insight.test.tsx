import { screen, within } from '@testing-library/react'
import { expect, test, vi } from 'vitest'

import * as table from '@/shared/lib/table'
import { zone } from '@/shared/lib/time'
import { Api } from '@/testing/api'
import { show } from '@/testing/show'
import { asked, back, query } from './search'
import { spans } from './trend'

function leads(link: HTMLElement) {
  const at = new URL(link.getAttribute('href') ?? '', location.origin)
  return [at.pathname, Object.fromEntries(at.searchParams)]
}

test('the numbers, and where they lead', async () => {
  const api = new Api()
  await show('/insight?since=2026-02-02&until=2026-03-01&service=payments', api)
  const link = await screen.findByRole('link', { name: 'Acknowledged: half within: 1 min' })
  expect(leads(link)).toEqual(['/history', { service: 'payments', since: '2026-02-02', until: '2026-03-01', status: 'all', answered: 'yes' }])
  expect(screen.getByText('9 of 10 within 15 min; 29 were')).toBeTruthy()
  expect(leads(screen.getByRole('link', { name: 'Healed before anyone answered: 29 %' }))).toEqual(['/history', { service: 'payments', since: '2026-02-02', until: '2026-03-01', answered: 'no' }])
  expect(Object.fromEntries(api.searched.find((s) => s.has('zone')) ?? [])).toEqual({
    service: 'payments', since: new Date('2026-02-02T00:00:00').toISOString(), until: new Date('2026-03-02T00:00:00').toISOString(), zone: zone(),
  })
})

test('what to do about noise, in words; what belongs to nobody leads nowhere', async () => {
  await show('/insight', new Api())
  const noise = await screen.findByRole('region', { name: 'Noisiest alerts' })
  expect(within(noise).getByText('Wait 5 min before the first page: 5 of 8 would have woken nobody')).toBeTruthy()
  expect(leads(within(noise).getByRole('link', { name: '6 healed: CardsDown' }))).toMatchObject(['/history', { service: 'payments', alert: 'CardsDown', answered: 'no' }])
  expect(within(screen.getByRole('region', { name: 'Never answered' })).getByText(/^Drop it/)).toBeTruthy()
  const teams = screen.getByRole('region', { name: 'By team' })
  expect(within(teams).getByRole('link', { name: '30 incidents: web' })).toBeTruthy()
  expect(within(teams).queryByRole('link', { name: /of no team/ })).toBeNull()
})

test('what ended on a day, and half and nine of ten of a service, lead to their incidents', async () => {
  const api = new Api()
  const { user } = await show('/insight?since=2026-02-02&until=2026-03-01', api)
  const services = await screen.findByRole('region', { name: 'By service' })
  const those = { service: 'payments', since: '2026-02-02', until: '2026-03-01' }
  const links = (name: string) => within(services).getAllByRole('link', { name }).map((l) => leads(l)[1])
  expect([links('1 min')[0], links('15 min')[0]]).toEqual(Array(2).fill({ ...those, status: 'all', answered: 'yes' }))
  expect([links('21 min')[0], links('2 h 00 min')[0]]).toEqual([those, those])
  const time = screen.getByRole('region', { name: 'Over time' })
  await user.click(within(time).getByText('As a table'))
  const ended = within(time).getByRole('link', { name: '1 incidents that ended, Feb 3' })
  expect(leads(ended)).toEqual(['/history', { since: '2026-02-02', until: '2026-03-01', ended: '2026-02-03' }])
  await user.click(ended)
  expect(await screen.findByText('over on Feb 3')).toBeTruthy()
  expect(Object.fromEntries(api.searched.at(-1) ?? [])).toMatchObject({
    status: 'resolved', ended_since: new Date('2026-02-03T00:00:00').toISOString(), ended_until: new Date('2026-02-04T00:00:00').toISOString(),
  })
})

test('a square leads to its hour, a night page to its person', async () => {
  const api = new Api()
  const { user } = await show('/insight?since=2026-02-02&until=2026-03-01', api)
  await user.click(await screen.findByRole('link', { name: 'Tue, 03:00: 2' }))
  expect(await screen.findByText('Tuesdays from 3:00')).toBeTruthy()
  expect(Object.fromEntries(api.searched.at(-1) ?? [])).toMatchObject({ hour: '27', zone: zone(), since: new Date('2026-02-02T00:00:00').toISOString() })
  await user.click(screen.getByRole('button', { name: 'Not only: Tuesdays from 3:00' }))
  await vi.waitFor(() => expect(api.searched.at(-1)?.get('hour')).toBeNull())
})

test('what is about no service has a line, and leads nowhere', async () => {
  await show('/insight?since=2026-02-02&until=2026-03-01', new Api())
  const squares = await screen.findByRole('group', { name: 'Service by day' })
  expect(within(squares).getByRole('rowheader', { name: '(no service)' })).toBeTruthy()
  expect(within(squares).getAllByRole('link', { name: /^payments, / }).length).toBeGreaterThan(0)
  expect(within(squares).queryByRole('link', { name: /no service/ })).toBeNull()
})

test('people are by name, and nights are theirs', async () => {
  await show('/insight', new Api())
  const people = await screen.findByRole('region', { name: 'Pages of people' })
  expect(leads(within(people).getByRole('link', { name: '4 night pages: Ana' }))).toMatchObject(['/history', { paged: 'ana@example.org', night: 'Europe/Madrid' }])
  expect(within(people).getAllByRole('row').map((r) => r.firstElementChild?.textContent)).toEqual(['Person', 'Ana', 'Ben'])
})

test('each picture is saved as a table and as JSON', async () => {
  const saved = vi.spyOn(table, 'save').mockImplementation(() => undefined)
  const { user } = await show('/insight', new Api())
  await user.click(await screen.findByRole('button', { name: 'Noisiest alerts: save as CSV' }))
  expect(saved.mock.calls[0]?.[2]).toMatch(/^alert,service,severity,incidents,healed_percent,resolved_p50_seconds,advice\r\nCardsDown,payments,critical,9,75,1260,.*\r\n'=cmd,/)
  await user.click(screen.getByRole('button', { name: 'Pages of people: save as JSON' }))
  expect(JSON.parse(saved.mock.calls[1]?.[2] ?? '')[0]).toEqual({ person: 'Ana', pages: 31, incidents: 17, night_pages: 4, nights: 2, zone: 'Europe/Madrid' })
  for (const name of ['Over time', 'By service', 'By team', 'Weekday by hour', 'Service by day', 'Never answered']) expect(screen.getByRole('button', { name: `${name}: save as CSV` })).toBeTruthy()
})

test('nothing in this time', async () => {
  const api = new Api()
  api.insight.all.incidents = 0
  await show('/insight', api)
  expect(await screen.findByText('No incident opened in this time')).toBeTruthy()
})

test('a time: four weeks until today where none is given', () => {
  const now = new Date(2026, 2, 29, 12).getTime()
  expect(asked({}, now)).toEqual({ since: '2026-03-02', until: '2026-03-29' })
  expect(asked({ since: 'nonsense', until: '2026-01-31', team: 'web' }, now)).toEqual({ since: '2026-01-04', until: '2026-01-31', team: 'web' })
  expect(back('2026-03-01', 1)).toBe('2026-03-01')
  expect(query({ since: '2026-03-01', until: '2026-03-01' }).until).toBe(new Date(2026, 2, 2).toISOString())
})

test('many days are weeks', () => {
  const days = Array.from({ length: 105 }, (_, n) => ({ date: `d${n}`, opened: 1, resolved: 2 }))
  expect(spans(days)).toHaveLength(15)
  expect(spans(days)[14]).toEqual({ from: 'd98', to: 'd104', opened: 7, resolved: 14 })
  expect(spans(days.slice(0, 100))).toHaveLength(100)
})

test('on a first visit nobody has chosen a filter', async () => {
  await show('/insight', new Api())
  expect(await screen.findByRole('button', { name: 'Filters' })).toBeTruthy()
  expect(screen.queryByRole('button', { name: 'Clear' })).toBeNull()
})
