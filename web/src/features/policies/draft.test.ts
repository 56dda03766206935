import { expect, test } from 'vitest'

import { draftOf, edited, moved } from './draft'

test('what is not changed is sent as it came', () => {
  const levels = [
    { ack_timeout: '15m0s', targets: [{ kind: 'user' as const, id: 'u-ana', name: 'Ana' }] },
    { ack_timeout: '1h0m0s', ack_timeout_low: '24h0m0s', targets: [{ kind: 'admins' as const }] },
  ]
  expect(edited(draftOf({ id: 'p', version: 1, edition: 1, name: 'web', repeat: 1, default: false, levels }))).toEqual({
    name: 'web',
    repeat: 1,
    levels: [
      { ack_timeout: '15m', targets: [{ kind: 'user', id: 'u-ana' }] },
      { ack_timeout: '1h', ack_timeout_low: '24h', targets: [{ kind: 'admins' }] },
    ],
  })
})

test('levels change places, and stay where there is none', () => {
  const levels = [1, 2, 3].map((key) => ({ key, timeout: '', low: '', targets: [] }))
  const keys = (by: -1 | 1, from: number) => moved(levels, from, by).map((l) => l.key)
  expect([keys(1, 0), keys(-1, 2), keys(-1, 0), keys(1, 2)]).toEqual([
    [2, 1, 3],
    [1, 3, 2],
    [1, 2, 3],
    [1, 2, 3],
  ])
})
