import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'

import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'

test('the commands lead to services, people and teams', async () => {
  const { user, router } = await show('/insight', new Api())
  await screen.findByRole('heading', { level: 1 })
  for (const [words, path] of [
    ['service paym', '/services/payments'],
    ['ben@ex', '/people/u-ben'],
    ['team web', '/teams/t-web'],
  ] as const) {
    await user.keyboard('{Control>}k{/Control}')
    await user.type(await screen.findByRole('combobox', { name: /Command/ }), words)
    await waitFor(() => expect(screen.getAllByRole('option').length).toBeGreaterThan(1)) // the last searches the past
    await user.keyboard('{Enter}')
    await waitFor(() => expect(router.state.location.pathname).toBe(path))
  }
})

test('what the bar has no room for is under "Menu"', async () => {
  const { user } = await show('/', new Api(incident(1)))
  await user.click(await screen.findByRole('button', { name: 'Menu' }))
  const more = await screen.findByRole('dialog', { name: 'Menu' })
  const way = async (name: RegExp) => (await within(more).findByRole('link', { name })).getAttribute('href')
  expect(await way(/^Wall/)).toBe('/wall')
  expect(await way(/^Set up/)).toBe('/integrations')
  expect(await way(/^Ana/)).toBe('/people/u-ana')
  expect(within(more).getByRole('combobox', { name: 'Colours' })).toBeTruthy()
  expect((within(more).getByRole('button', { name: 'Sign out' }) as HTMLButtonElement).form?.id).toBe('sign-out')
  await user.click(within(more).getByRole('button', { name: 'Keys' }))
  expect(await screen.findByRole('dialog', { name: 'Keys' })).toBeTruthy()
})

test('characters that turn the direction of text are shown as text', async () => {
  const api = new Api(incident(1, { source_alert: { fingerprint: 'f', startsAt: null, labels: { alertname: '\u202etxet' } } }))
  const { user } = await show('/', api)
  await user.click(await screen.findByRole('button', { name: /^(?!Ack).*#1 ·/ }))
  expect(await screen.findByText('alertname=[U+202E]txet')).toBeTruthy()
})
