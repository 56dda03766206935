import { act, screen, waitFor } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'

import { queryClient } from '@/app/query'
import { keys } from '@/shared/api/keys'
import { Api } from '@/testing/api'
import { Directory } from '@/testing/directory'
import { show } from '@/testing/show'

/** What a browser keeps for when there is no network, in place of the server's answer, which `come` lets come. */
async function kept(path: string) {
  const api = new Api()
  const { users } = new Directory()
  let come: (() => void) | undefined
  const waits = new Promise<void>((done) => (come = done))
  api.handlers.unshift(http.get('*/api/v1/users', async () => (await waits, HttpResponse.json({ items: users.map((u) => ({ ...u, contacts: [] })) }))))
  await show(path, api)
  await waitFor(() => expect(queryClient.getQueryState(keys.directory('users'))?.fetchStatus).toBe('fetching'))
  act(() => void queryClient.setQueryData(keys.directory('users'), users.map((u) => ({ ...u, contacts: undefined }))))
  return () => come?.()
}

test('of whom the contacts are not known it is not said that they cannot be paged', async () => {
  const come = await kept('/people')
  expect(await screen.findByRole('link', { name: 'Ben' })).toBeTruthy()
  expect(screen.queryByText('cannot be paged')).toBeNull()
  come()
  expect(await screen.findAllByText('cannot be paged')).toHaveLength(2)
})

test('contacts that are not known are not shown as none', async () => {
  const come = await kept('/people/u-ben')
  expect(await screen.findByText('Loading…')).toBeTruthy()
  expect(screen.queryByText('Without a contact nobody can page them.')).toBeNull()
  come()
  expect(await screen.findByText('Without a contact nobody can page them.')).toBeTruthy()
})
