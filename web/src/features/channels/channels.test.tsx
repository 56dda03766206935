import { screen, waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'

import { Api } from '@/testing/api'
import { show } from '@/testing/show'

test('a channel of a chat is chosen by its name where the bot is; elsewhere its address is typed', async () => {
  const api = new Api()
  api.role = 'admin'
  api.directory.kinds.push({ kind: 'teamsbot', label: 'Microsoft Teams (bot)', personal: false, shared: true, sendable: true, hint: 'Channel' })
  api.directory.rooms = [
    { kind: 'teamsbot', to: '19:a@thread.tacv2', name: 'Web / General' },
    { kind: 'teamsbot', to: '19:b@thread.tacv2', name: 'Web / ops' },
  ]
  const { user } = await show('/channels', api)
  await user.click(await screen.findByRole('button', { name: 'New channel' }))
  await user.type(await screen.findByRole('textbox', { name: 'Name' }), 'ops')
  expect(screen.queryByRole('combobox', { name: 'Where the bot is' })).toBeNull()
  await user.selectOptions(screen.getByRole('combobox', { name: 'Kind' }), 'teamsbot')
  expect(screen.getByRole('textbox', { name: 'Channel' })).toBeTruthy()
  await user.selectOptions(await screen.findByRole('combobox', { name: 'Where the bot is' }), 'Web / ops')
  expect(screen.queryByRole('textbox', { name: 'Channel' })).toBeNull()
  await user.click(screen.getByRole('button', { name: 'Make it' }))
  await waitFor(() => expect(api.directory.saved).toEqual([{ name: 'ops', kind: 'teamsbot', to: '19:b@thread.tacv2', options: {} }]))
})
