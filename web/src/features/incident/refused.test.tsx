import { screen, waitFor, within } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'

test.each([
  ['Ask somebody to help…', 'Ask somebody to help', 'NOT asked to help with #1: Ben cannot be reached. Escalation goes on.'],
  ['Reassign…', 'Reassign', 'NOT reassigned #1: Ben cannot be reached. Escalation goes on.'],
])('%s: what is refused is said in the sheet, beside its buttons, and nowhere behind it', async (entry, name, words) => {
  const api = new Api(incident(1))
  const { user } = await show('/i/1', api)
  await user.click(await screen.findByRole('button', { name: 'More' }))
  await user.click(await screen.findByRole('menuitem', { name: entry }))
  const sheet = await screen.findByRole('dialog', { name: `${name} #1` })
  await user.selectOptions(within(sheet).getByLabelText('Whom'), await within(sheet).findByRole('option', { name: 'Ben' }))
  api.refuses = { status: 422, code: 'incident.unreachable', detail: 'Ben cannot be reached' }
  await user.click(within(sheet).getByRole('button', { name }))
  expect((await within(sheet).findByRole('alert')).textContent).toBe(words)
  expect(screen.getAllByText(words)).toHaveLength(1)
  api.refuses = undefined
  await user.click(within(sheet).getByRole('button', { name }))
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
})

test('what is refused after the sheet was closed is said all the same', async () => {
  const api = new Api(incident(1))
  let answer: (() => void) | undefined
  api.handlers.unshift(http.post('*/note', () => new Promise((done) => (answer = () => done(HttpResponse.json({ title: 'No', code: 'incident.not_saved', detail: 'The database is away' }, { status: 503 }))))))
  const { user } = await show('/i/1', api)
  await screen.findByText('Unacknowledged')
  await user.keyboard('n')
  await user.type(await screen.findByRole('textbox', { name: 'For the timeline' }), 'looking')
  const sheet = screen.getByRole('dialog')
  await user.click(within(sheet).getByRole('button', { name: 'Add the note' }))
  await user.click(within(sheet).getByRole('button', { name: 'Close' }))
  await waitFor(() => expect(answer).toBeDefined())
  answer?.()
  expect(await screen.findAllByText('NOT noted on #1: The database is away.')).not.toHaveLength(0)
})
