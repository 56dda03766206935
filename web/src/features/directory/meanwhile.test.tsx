import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'

import { queryClient } from '@/app/query'
import { keys } from '@/shared/api/keys'
import { Api } from '@/testing/api'
import { show } from '@/testing/show'
import { FakeSource } from '@/testing/source'

const asAdmin = () => {
  const api = new Api()
  api.role = 'admin'
  return api
}

const box = (name: string | RegExp) => screen.getByRole('textbox', { name }) as HTMLInputElement
const hold = /Wait before the first page: warning/
const grace = /they come back after/

test('what somebody else changed meanwhile is said, what was typed is kept, and both are saved', async () => {
  const api = asAdmin()
  const { user } = await show('/services/payments', api)
  await user.click(await screen.findByText('Timing'))
  await user.type(box(grace), '10m')
  const service = api.directory.services[0]
  if (service === undefined) throw new Error('no service')
  api.directory.byBen(service, { team: 'web', rules: {} })
  await user.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText(/^NOT saved: Ben changed it at 03:12/)).toBeTruthy()
  const said = await screen.findByText(/while you were editing it/)
  expect(within(said.parentElement as HTMLElement).getByRole('listitem').textContent).toBe('team: none → web')
  expect(box(grace).value).toBe('10m')
  await waitFor(() => expect((screen.getByRole('combobox', { name: 'Team' }) as HTMLSelectElement).value).toBe('web'))
  await user.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findAllByText('Saved payments')).not.toHaveLength(0)
  expect(api.directory.saved.at(-1)).toMatchObject({ team: 'web', rules: { grace: '10m' } })
  expect(screen.queryByText(/while you were editing it/)).toBeNull()
})

test('theirs can be taken in place of one’s own', async () => {
  const api = asAdmin()
  const { user } = await show('/services/payments', api)
  await user.click(await screen.findByText('Timing'))
  await user.type(box(grace), '10m')
  api.directory.byBen(api.directory.services[0] as never, { rules: { grace: '20m0s', hold_warning: '5m0s' } })
  await queryClient.invalidateQueries({ queryKey: keys.owned })
  expect((await screen.findByText(/^rules:/)).textContent).toBe('rules: none → grace 20m0s · hold warning 5m0s')
  expect(box(grace).value).toBe('10m')
  await user.click(screen.getByRole('button', { name: 'Drop mine, take theirs' }))
  expect([box(grace).value, box(hold).value]).toEqual(['20m', '5m'])
  expect(screen.queryByText(/while you were editing it/)).toBeNull()
})

test('what nobody has typed in follows what others do, without a word', async () => {
  const api = asAdmin()
  await show('/services/payments', api)
  await screen.findByText('Timing')
  api.directory.byBen(api.directory.services[0] as never, { rules: { grace: '20m0s' } })
  FakeSource.last.tell('directory')
  await waitFor(() => expect(box(grace).value).toBe('20m'))
  expect(screen.queryByText(/while you were editing it/)).toBeNull()
})

test('of two forms about one person, saving one disturbs nobody in the other', async () => {
  const api = asAdmin()
  const { user } = await show('/people/u-ana', api)
  await user.type(within(await screen.findByRole('group', { name: 'mail' })).getByRole('textbox', { name: 'Name' }), 'box')
  const zone = screen.getByRole('combobox', { name: 'Time zone' })
  await user.clear(zone)
  await user.type(zone, 'UTC')
  await user.click(screen.getAllByRole('button', { name: 'Save' })[1] as HTMLElement)
  expect(await screen.findAllByText('Saved Ana')).not.toHaveLength(0)
  expect(screen.queryByText(/while you were editing it/)).toBeNull()
  await user.click(screen.getAllByRole('button', { name: 'Save' })[0] as HTMLElement)
  await waitFor(() => expect(api.directory.saved.at(-1)).toMatchObject({ contacts: [{ id: 'c-u-ana', name: 'mailbox' }] }))
  expect(screen.queryByText(/^NOT saved/)).toBeNull()
})
