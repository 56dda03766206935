import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'

import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'

test('what is over, and what is not where that is wanted', async () => {
  const api = new Api(incident(1, { status: 'resolved', resolved_at: '2026-03-01T12:06:01Z' }), incident(2))
  await show('/history', api)
  expect((await screen.findByRole('link', { name: /#1 / })).textContent).toContain('6 min')
  expect(screen.queryByRole('link', { name: /#2 / })).toBeNull()
})

test('the filters come from the URL', async () => {
  await show('/history?severity=critical&q=down&status=all', new Api())
  expect(await screen.findByText('No past incident fits these filters.')).toBeTruthy()
  expect((screen.getByRole('searchbox', { name: 'Search' }) as HTMLInputElement).value).toBe('down')
  expect((screen.getByRole('combobox', { name: 'Severity' }) as HTMLSelectElement).value).toBe('critical')
})
