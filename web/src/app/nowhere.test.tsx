import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import { Api } from '@/testing/api'
import { show } from '@/testing/show'

test('an address that there is not says so, with ways on', async () => {
  const { user } = await show('/incidnets', new Api())
  expect((await screen.findByRole('heading', { level: 1, name: 'There is no such page' })).parentElement?.textContent).toContain('/incidnets')
  await user.click(screen.getAllByRole('link', { name: 'History' }).at(-1)!)
  expect(await screen.findByRole('heading', { level: 1, name: 'History' })).toBeTruthy()
})
