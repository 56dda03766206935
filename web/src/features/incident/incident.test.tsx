import { act, screen, waitFor } from '@testing-library/react'
import { expect, onTestFinished, test, vi } from 'vitest'

import { queryClient } from '@/app/query'
import type { AlertBody, MessageBody } from '@/shared/api/client'
import { shortly } from '@/shared/lib/time'
import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'
import { FakeSource } from '@/testing/source'

const alert = (more: Partial<AlertBody>): AlertBody => ({
  integration: 'main', fingerprint: 'f', name: 'Down', title: 'It is down', severity: 'critical', firing: true, stale: false,
  starts_at: '2026-03-01T12:00:00Z', ended_at: null, last_seen: null, received: 1, labels: {}, annotations: {}, ...more,
})

test('resolving what still fires asks first', async () => {
  const one = incident(1, { status: 'acknowledged', assignee: 'Ana' })
  const api = new Api(one)
  api.alerts[one.id] = [alert({}), alert({ fingerprint: 'g' }), alert({ fingerprint: 'h', firing: false })]
  const { user } = await show('/i/1', api)
  await user.click(await screen.findByRole('button', { name: 'Resolve' }))
  expect(await screen.findByText('2 alerts still fire.')).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Snooze 1 h' })).toBeTruthy()
  expect(one.status).toBe('acknowledged')
  await user.click(screen.getByRole('button', { name: 'Resolve; page again in 30 min if still firing' }))
  expect(await screen.findByText('Resolved #1')).toBeTruthy()
  expect(one.status).toBe('resolved')
  await waitFor(() => expect(screen.queryByRole('dialog', { name: 'Resolve #1' })).toBeNull())
  await user.click(screen.getByRole('button', { name: 'Undo' }))
  await waitFor(() => expect(one.status).toBe('open'))
})

test('what another does is seen', async () => {
  const api = new Api(incident(1))
  await show('/i/1', api)
  await screen.findByText('Unacknowledged')
  api.change('1', { status: 'acknowledged', assignee: 'Ben' })
  act(() => FakeSource.last.tell('incident', { id: api.find('1')?.id }))
  await waitFor(() => expect(screen.getByText(/Acknowledged by/).textContent).toBe('Acknowledged by Ben'))
})

test('who is told and who is next', async () => {
  const one = incident(1, {
    paging: [{ kind: 'user', id: 'u-ana', name: 'Ana', by: ['sms'] }],
    next: { at: new Date(Date.now() + 252_000).toISOString(), what: 'escalate', level: 2, who: [{ kind: 'user', id: 'u-ben', name: 'Ben', by: [] }] },
  })
  await show('/i/1', new Api(one))
  await waitFor(() => expect(document.body.textContent).toMatch(/About to be told: Ana\. Level 2 in \d:\d\d: Ben\./))
})

test('hostile text is text', async () => {
  const one = incident(1, { title: '<img src=x onerror=alert(1)>', service: '<script>alert(1)</script>', runbook_url: 'javascript:alert(1)' })
  const api = new Api(one)
  api.alerts[one.id] = [alert({ generator_url: 'javascript:alert(2)', title: '\u202Eevil', annotations: { description: '<b>x</b>' } })]
  api.entries[one.id] = [{ at: one.opened_at, kind: 'opened', text: '<svg onload=alert(3)>', actor: { kind: 'source', name: '' } }]
  const { container } = await show('/i/1', api)
  await screen.findByText('<svg onload=alert(3)>')
  await screen.findByText('<b>x</b>')
  expect(container.querySelectorAll('article img, article script, article svg[onload], a[href^="javascript:"]')).toHaveLength(0)
  expect(screen.queryByRole('link', { name: 'Runbook' })).toBeNull()
})

test('an incident that there is not', async () => {
  await show('/i/99', new Api())
  await screen.findByRole('heading', { name: 'There is no incident 99' })
  const asked = vi.spyOn(globalThis, 'fetch').mockReturnValue(new Promise(() => {})) // the answer is long in coming
  onTestFinished(() => asked.mockRestore())
  await act(() => void queryClient.invalidateQueries()) // as after each time the stream was cut
  await waitFor(() => expect(asked).toHaveBeenCalled())
  screen.getByRole('heading', { name: 'There is no incident 99' })
})

test('messages name people; of a channel its address is enough', async () => {
  const one = incident(1)
  const api = new Api(one)
  const message: MessageBody = {
    id: 'm1', kind: 'email', purpose: 'page', status: 'delivered', recipient: 'u-ben', to: 'b…@example.org', attempt: 1, created_at: one.opened_at, sent_at: one.opened_at,
    expires_at: null, next_at: null, incidents: [1], digest: false, may_repeat: false, tries: [],
  }
  api.messages[one.id] = [message, { ...message, id: 'm2', recipient: '01a218d0-2e90', to: 'ops@example.org' }]
  const { user } = await show('/i/1', api)
  await user.click(await screen.findByText('Messages: 2'))
  await waitFor(() => expect(screen.getAllByText(/attempt 1/).map((e) => e.closest('li')?.textContent)).toEqual([expect.stringContaining('Ben b…@example.org'), expect.stringContaining('ops@example.org')]))
  expect(screen.queryByText(/01a218d0/)).toBeNull()
})

test('what is resolved and fires on says at what time it pages again; what pages nobody says so', async () => {
  const at = new Date(Date.now() + 1_800_000)
  const over = incident(1, { status: 'resolved', resolved_at: new Date().toISOString(), next: { at: at.toISOString(), what: 'grace', level: 0, who: [] } })
  const { unmount } = await show('/i/1', new Api(over))
  const said = await screen.findByText(/What still fires at/)
  expect(said.textContent).toContain(shortly(at.toISOString(), Date.now()))
  unmount()
  await show('/i/1', new Api(incident(1, { severity: 'info' })))
  expect(await screen.findByText(/It is of severity info: it pages nobody\./)).toBeTruthy()
})
