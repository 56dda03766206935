import { screen, within } from '@testing-library/react'
import { expect, test } from 'vitest'

import type { UsageLine } from '@/shared/api/client'
import { Api } from '@/testing/api'
import { show } from '@/testing/show'

const line: UsageLine = { kind: 'sms', provider: 'Twilio', to: 'user', recipient: 'u-ana', messages: 3, paid: true, cost: 0.225, currency: 'EUR' }

function texting() {
  const api = new Api()
  const sms = api.directory.kinds.find((k) => k.kind === 'sms')
  Object.assign(sms ?? {}, {
    sendable: true,
    providers: [
      { name: 'Twilio', failing: true, since: '2026-03-01T12:00:00Z', error: 'Twilio answered 503' },
      { name: 'Telnyx', failing: false, since: null, error: '' },
    ],
  })
  return api
}

test('the channels page says how each provider does, what it sent today and what that cost', async () => {
  const api = texting()
  api.directory.usage = { ...api.directory.usage, limits: { person: 0, server: 10 }, used: [line, { ...line, recipient: 'u-ben', messages: 2, cost: 0.15 }, { ...line, kind: 'email', provider: '', paid: false, messages: 1, cost: null, currency: '' }] }
  await show('/channels', api)
  const lines = within(await screen.findByRole('list', { name: 'What sends' })).getAllByRole('listitem').map((l) => l.textContent)
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^Email1 message today$/)
  expect(lines[1]).toMatch(/^SMS by TwilioFAILS since .*, others are asked first: Twilio answered 5035 messages today, €0.375$/)
  expect(lines[2]).toBe('SMS by Telnyxwell0 messages today')
  expect(await screen.findByText('5 of 10 texts and calls of today are used.')).toBeTruthy()
})

test('where nothing is known of providers and nothing was sent, the page says nothing', async () => {
  await show('/channels', new Api())
  await screen.findByRole('heading', { name: 'Channels' })
  expect(screen.queryByRole('list', { name: 'What sends' })).toBeNull()
})

test('a person\'s page says what they were sent today, and that their limit is used up', async () => {
  const api = texting()
  api.directory.usage = { ...api.directory.usage, limits: { person: 3, server: 0 }, used: [line, { ...line, recipient: 'u-ben' }, { ...line, kind: 'email', provider: '', paid: false, messages: 2, cost: null, currency: '' }] }
  await show('/people/u-ana', api)
  expect(await screen.findByText(/3 by SMS, 2 by Email, €0.225\./)).toBeTruthy()
  expect((await screen.findByText(/3 of 3 texts and calls/)).textContent).toContain('Only what is urgent goes by them.')
})
