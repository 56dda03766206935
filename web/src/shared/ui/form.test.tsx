import { onlineManager } from '@tanstack/react-query'
import { act, screen, waitFor } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, onTestFinished, test, vi } from 'vitest'

import { reach } from '@/shared/api/reach'
import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'

const asAdmin = () => {
  const api = new Api()
  api.role = 'admin'
  return api
}

test('what was typed is not left behind without a question; what was not typed is no loss', async () => {
  const { user } = await show('/policies/p-web', asAdmin())
  const go = async (name: string) => user.click((await screen.findAllByRole('link', { name }))[0]!)
  await screen.findByRole('textbox', { name: 'Name' })
  await go('Teams')
  await screen.findByRole('heading', { level: 1, name: 'Teams' })
  await go('Escalation policies')
  await screen.findByRole('heading', { level: 1, name: 'Escalation policies' })
  await go('web')
  await user.type(await screen.findByRole('textbox', { name: 'Name' }), ' 2')
  await go('Teams')
  await user.click(await screen.findByRole('button', { name: 'Stay here' }))
  expect(await screen.findByDisplayValue('web 2')).toBeTruthy()
  await go('Teams')
  await user.click(await screen.findByRole('button', { name: 'Leave' }))
  await screen.findByRole('heading', { level: 1, name: 'Teams' })
})

test('what is wrong is said by the page’s own names and places', async () => {
  const api = asAdmin()
  const errors = [
    { field: 'levels[0].ack_timeout', message: 'it must be at least 1m' },
    { field: 'levels[7].targets[1]', message: 'there is nobody' },
  ]
  api.handlers.unshift(
    http.patch('*/api/v1/policies/p-web', () => HttpResponse.json({ title: 'No', status: 400, code: 'apply.invalid', detail: 'levels[0].ack_timeout is wrong', errors }, { status: 400 })),
  )
  const { user } = await show('/policies/p-web', api)
  await user.type(await screen.findByRole('textbox', { name: 'Name' }), 'x')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('NOT saved: Level 1, Time to answer is wrong'))
  expect(screen.getByRole('alert').textContent).toContain('Level 1, Time to answer: it must be at least 1m')
  expect(screen.getByRole('alert').textContent).toContain('level 8, target 2: there is nobody')
})

test('where the server cannot be reached a form does not say that it is sent later: it is not kept', async () => {
  onTestFinished(() => reach.heard(true))
  await show('/policies/p-web', asAdmin())
  await screen.findByRole('button', { name: 'Save' })
  act(() => reach.heard(false))
  expect(screen.getByRole('button', { name: 'Save' })).toBeTruthy()
  act(() => onlineManager.setOnline(false))
  onTestFinished(() => onlineManager.setOnline(true))
  expect(screen.getByRole('button', { name: 'Save: send when online' })).toBeTruthy()
})

test('where the server cannot be reached what is done with an incident is kept, and says so', async () => {
  onTestFinished(() => reach.heard(true))
  await show('/i/1', new Api(incident(1)))
  await screen.findByRole('button', { name: 'Acknowledge' })
  act(() => reach.heard(false))
  expect(screen.getByRole('button', { name: 'Acknowledge: send when online' })).toBeTruthy()
})

test('a session that ends takes nothing of what was typed: it says NOT saved, in words of people, and leads to another one', async () => {
  const api = asAdmin()
  const { user } = await show('/policies/p-web', api)
  await user.type(await screen.findByRole('textbox', { name: 'Name' }), ' 2')
  api.directory.refuses = { status: 401, code: 'auth.required', detail: 'sign in, or send an API token' }
  const left = vi.fn()
  onTestFinished(watchJumps(left))
  await user.click(screen.getByRole('button', { name: 'Save' }))
  expect((await screen.findByRole('alert')).textContent).toBe('NOT saved: your session has ended, and what you typed is kept. Sign in again, then try once more.Sign in in another tab')
  expect(left).not.toHaveBeenCalled()
  expect(screen.getByDisplayValue('web 2')).toBeTruthy()
  api.directory.refuses = undefined
  await user.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(api.directory.policies[0]?.name).toBe('web 2'))
})

/** jsdom goes nowhere: it says on its console where it was told to go. */
function watchJumps(left: (words: string) => void): () => void {
  const seen = vi.spyOn(console, 'error').mockImplementation((e: unknown) => {
    if (String(e).includes('navigation')) left(String(e))
  })
  return () => seen.mockRestore()
}
