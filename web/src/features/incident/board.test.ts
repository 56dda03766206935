import { expect, test } from 'vitest'

import { incident } from '@/testing/api'
import { put } from './board'

test('what is known is put into its place', () => {
  const list = [incident(1), incident(2)]
  expect(put(list, incident(3)).map((i) => i.number)).toEqual([1, 2, 3])
  expect(put(list, incident(1, { version: 2, status: 'acknowledged' })).map((i) => i.status)).toEqual(['acknowledged', 'open'])
  expect(put(list, incident(2, { version: 2, status: 'resolved' })).map((i) => i.number)).toEqual([1])
})

test('what is older than what is known changes nothing', () => {
  const list = [incident(1, { version: 5, status: 'acknowledged' })]
  expect(put(list, incident(1, { version: 4 }))).toBe(list)
  expect(put(list, incident(1, { version: 4, status: 'resolved' }))).toBe(list)
})
