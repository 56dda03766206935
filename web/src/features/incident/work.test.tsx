import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'

import type { IncidentBody } from '@/shared/api/client'
import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'
import { FakeSource } from '@/testing/source'

test('several are merged: the worse goes on, and each leads to the other', async () => {
  const api = new Api(incident(1, { severity: 'warning' }), incident(2), incident(3))
  const { user } = await show('/', api)
  await user.click(await screen.findByRole('checkbox', { name: 'Select #1' }))
  expect(screen.getByRole('button', { name: 'Merge' }).title).toBe('Select the others, too')
  await user.click(screen.getByRole('checkbox', { name: 'Select #2' }))
  await user.click(screen.getByRole('button', { name: 'Merge' }))
  const dialog = await screen.findByRole('dialog', { name: 'Merge 2 incidents' })
  expect(dialog.textContent).toContain('#2 payments prod: Incident 2 goes on, with the alerts of:#1 payments prod: Incident 1')
  await user.click(within(dialog).getByRole('button', { name: 'Merge' }))
  expect(await screen.findByText('Merged 2 into #2')).toBeTruthy()
  expect(api.find('1')?.merged_into?.number).toBe(2)
})

test('one is merged with another that is looked for; then it leads there, and nothing can be done with it', async () => {
  const api = new Api(incident(1, { severity: 'warning' }), incident(2, { service: 'auth' }), incident(3, { service: 'auth' }), incident(4, { severity: 'info' }))
  const { user } = await show('/i/1', api)
  await screen.findByText('Unacknowledged')
  await user.keyboard('m')
  const dialog = await screen.findByRole('dialog', { name: 'Merge #1' })
  expect(within(dialog).queryByRole('checkbox', { name: /#4/ })).toBeNull() // it pages nobody
  await user.type(within(dialog).getByRole('searchbox', { name: 'With' }), 'auth 3')
  expect(within(dialog).getAllByRole('checkbox')).toHaveLength(1)
  await user.click(within(dialog).getByRole('checkbox', { name: /^#3 auth/ }))
  await user.click(within(dialog).getByRole('button', { name: 'Merge' }))
  await waitFor(() => expect(screen.getByText(/Merged: goes on in/).textContent).toBe('Merged: goes on in #3'))
  expect(screen.queryByRole('button', { name: 'More' })).toBeNull()
  await user.click(screen.getByRole('link', { name: 'Go to #3' }))
  expect(await screen.findByRole('link', { name: '#1' })).toBeTruthy()
})

test('a priority is set, and can be put back', async () => {
  const api = new Api(incident(1, { priority: 'P4' }))
  const { user } = await show('/i/1', api)
  await screen.findByText('Unacknowledged')
  await user.keyboard('p')
  await user.click(await screen.findByRole('button', { name: 'P1' }))
  expect(await screen.findByText('Priority set of #1')).toBeTruthy()
  expect(api.find('1')?.priority).toBe('P1')
  await user.click(screen.getByRole('button', { name: 'Undo' }))
  await waitFor(() => expect(api.find('1')?.priority).toBe('P4'))
})

test('somebody is paged without an alert, from anywhere', async () => {
  const api = new Api()
  const { user } = await show('/history', api)
  await user.click(await screen.findByRole('button', { name: 'Page somebody now' }))
  const dialog = await screen.findByRole('dialog', { name: 'Page somebody now' })
  const send = within(dialog).getByRole('button', { name: 'Page now' })
  expect(send.title).toBe('Say first what is wrong')
  await user.type(within(dialog).getByRole('textbox', { name: 'What is wrong' }), 'The cellar is full of water')
  expect(within(dialog).getByText('Choose first whom to page.')).toBeTruthy() // to be read, not only by who points at it
  await user.click(await within(dialog).findByRole('checkbox', { name: 'Ben' }))
  api.refuses = { status: 409, code: 'incident.unreachable', detail: 'Ben cannot be reached.' }
  await user.click(send)
  expect(await screen.findAllByText('NOT paged: Ben cannot be reached. Nobody is told.')).not.toHaveLength(0)
  api.refuses = undefined
  await user.click(send)
  expect(await screen.findByRole('heading', { level: 1, name: 'The cellar is full of water' })).toBeTruthy()
  expect(api.find('1')?.paging?.map((p) => p.name)).toEqual(['Ben'])
})

test('who cannot be paged is marked where one chooses, and named where others were', async () => {
  const api = new Api()
  api.directory.users[1]!.contacts = []
  const { user } = await show('/history', api)
  await user.click(await screen.findByRole('button', { name: 'Page somebody now' }))
  fireEvent.change(await screen.findByLabelText('What is wrong'), { target: { value: 'Water' } })
  await user.click(await screen.findByLabelText('Ben (cannot be paged)'))
  await user.click(screen.getByLabelText('Ana'))
  await user.click(screen.getByText('Page now'))
  expect(await screen.findByText('Paged: #1. NOT paged, as they cannot be reached: Ben')).toBeTruthy()
})

test('a viewer cannot page anybody, and is told why', async () => {
  const api = new Api()
  api.role = 'viewer'
  const { user } = await show('/', api)
  const button = await screen.findByRole('button', { name: 'Page somebody now' })
  await waitFor(() => expect(button.title).toContain('Viewers look on'))
  await user.click(button)
  await user.keyboard('c')
  expect(await screen.findAllByText(/Viewers look on/)).not.toHaveLength(0)
  expect(screen.queryByRole('dialog', { name: 'Page somebody' })).toBeNull()
})

test('who was asked to help stops their own pages', async () => {
  const api = new Api(incident(1, { status: 'acknowledged', assignee: 'Ben', responders: [{ id: 'u-ana', name: 'Ana', added_by: 'Ben', added_at: '2026-03-01T12:00:00Z', answered_at: null }] }))
  const { user } = await show('/i/1', api)
  const asked = await screen.findByRole('region', { name: 'You were asked to help' })
  expect(asked.textContent).toContain('Ben asks you to help.')
  await user.click(within(asked).getByRole('button', { name: 'No more pages for me' }))
  await waitFor(() => expect(screen.queryByRole('region', { name: 'You were asked to help' })).toBeNull())
  expect(api.asked).toContain('POST /api/v1/incidents/00000000-0000-7000-8000-000000000001/stop-paging')
})

test('what pages nobody cannot be snoozed, and says so', async () => {
  const { user } = await show('/i/1', new Api(incident(1, { severity: 'info' })))
  await user.click(await screen.findByRole('button', { name: 'More' }))
  expect((await screen.findByRole('menuitem', { name: /Snooze/ })).textContent).toContain('it pages nobody')
})

test('one is snoozed until a time of one’s own, which is still to come', async () => {
  const api = new Api(incident(1))
  const { user } = await show('/i/1', api)
  await screen.findByText('Unacknowledged')
  await user.keyboard('s')
  const until = await screen.findByLabelText('Or until')
  const send = screen.getByRole('button', { name: 'Snooze until then' })
  fireEvent.change(until, { target: { value: '2020-01-01T00:00' } })
  expect(screen.getByText('That is over already.')).toBeTruthy()
  await user.click(send)
  expect(api.asked).not.toContain('POST /api/v1/incidents/bulk')
  fireEvent.change(until, { target: { value: '2999-01-01T00:00' } })
  await user.click(send)
  expect(await screen.findByText('Snoozed #1')).toBeTruthy()
})

test('a note has several lines and its author; too long a one is said, and not cut', async () => {
  const api = new Api(incident(1))
  api.entries[incident(1).id] = [{ at: '2026-03-01T12:00:00Z', kind: 'note', text: 'one\ntwo', actor: { kind: 'user', id: 'u-ben', name: 'Ben' } }]
  const { user } = await show('/i/1', api)
  const line = (await screen.findByText(/one/)).closest('li')
  expect(line?.textContent).toContain('Ben: one\ntwo')
  await user.keyboard('n')
  const note = await screen.findByRole('textbox', { name: 'For the timeline' })
  fireEvent.change(note, { target: { value: 'a\n'.repeat(1001) } })
  expect((note as HTMLTextAreaElement).value).toHaveLength(2002)
  expect(screen.getByText('2,002 of 2,000 characters: shorten it')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Add the note' }))
  expect(api.asked.filter((a) => a.endsWith('/note'))).toHaveLength(0)
})

test('before something is resolved too long a note is said beside the button that cannot be used', async () => {
  const api = new Api(incident(1))
  const { user } = await show('/i/1', api)
  await screen.findByText('Unacknowledged')
  await user.keyboard('r')
  fireEvent.change(await screen.findByRole('textbox', { name: 'Note (optional)' }), { target: { value: 'x'.repeat(2001) } })
  expect(screen.getByText('2,001 of 2,000 characters: shorten it.')).toBeTruthy()
})

test('what is pressed twice is sent once', async () => {
  const api = new Api(incident(1))
  const { user } = await show('/i/1', api)
  await screen.findByText('Unacknowledged')
  await user.keyboard('n')
  await user.type(await screen.findByRole('textbox', { name: 'For the timeline' }), 'looking')
  const add = screen.getByRole('button', { name: 'Add the note' })
  fireEvent.click(add)
  fireEvent.click(add)
  expect(await screen.findByText('Noted on #1')).toBeTruthy()
  expect(api.asked.filter((a) => a.endsWith('/note'))).toHaveLength(1)
})

test('of what is over nobody is told that escalation goes on, and what was told so goes away', async () => {
  const api = new Api(incident(1))
  const { user } = await show('/i/1', api)
  await screen.findByText('Unacknowledged')
  api.refuses = { status: 503, code: 'incident.not_saved', detail: 'The database is away' }
  await user.click(screen.getByRole('button', { name: 'Acknowledge' }))
  expect(await screen.findAllByText('NOT acknowledged #1: The database is away. Escalation goes on.')).not.toHaveLength(0)
  api.change('1', { status: 'resolved', resolved_at: '2026-03-01T13:00:00Z' })
  act(() => FakeSource.last.tell('incident', { id: incident(1).id }))
  await waitFor(() => expect(screen.queryAllByText(/Escalation goes on/)).toHaveLength(0))
  api.refuses = { status: 409, code: 'incident.already_resolved', detail: '#1 is resolved already' }
  await user.click(await screen.findByRole('button', { name: 'Reopen' }))
  expect(await screen.findAllByText('NOT reopened #1: #1 is resolved already.')).not.toHaveLength(0)
})

test('of what pages nobody nobody is told that escalation goes on', async () => {
  const api = new Api(incident(1, { severity: 'info' }))
  const { user } = await show('/i/1', api)
  await screen.findByText('Unacknowledged')
  api.refuses = { status: 503, code: 'incident.not_saved', detail: 'The database is away' }
  await user.click(screen.getByRole('button', { name: 'Acknowledge' }))
  expect(await screen.findAllByText('NOT acknowledged #1: The database is away.')).not.toHaveLength(0)
})

test('before an acknowledgement is undone it says who is paged then, and afterwards what follows', async () => {
  const api = new Api(incident(1, { paging: [{ kind: 'user', id: 'u-ben', name: 'Ben', by: [] }] as unknown as IncidentBody['paging'] }))
  const { user } = await show('/i/1', api)
  await user.click(await screen.findByRole('button', { name: 'Acknowledge' }))
  await user.click(await screen.findByRole('button', { name: 'Undo: Ben is paged again' }))
  expect(await screen.findByText('Reopened #1: it is open, and paging goes on')).toBeTruthy()
})
