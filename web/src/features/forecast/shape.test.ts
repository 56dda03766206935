import { expect, test } from 'vitest'

import type { CallBody } from '@/shared/api/client'
import { after, shapeOf } from './shape'

const call = (name: string, after_seconds: number, more: Partial<CallBody> = {}): CallBody => ({
  at: '', after_seconds, kind: 'user', id: name, name, by: 'email', level: 1, walk: 1, waits_for_hours: false, page: true, ...more,
})

test('a line for each person, a mark where each level begins, as wide as the policy is long', () => {
  const s = shapeOf({
    calls: [call('Ana', 0), call('Ana', 120, { by: 'sms' }), call('Ben', 900, { level: 2 }), call('Ana', 1800, { walk: 2 }), call('Eve', 2700, { level: 0 }), call('Day', 36_000, { waits_for_hours: true, level: 3 })],
    exhausted_after_seconds: 2700,
  })
  expect(s.rows.map((r) => [r.name, r.calls.length])).toEqual([['Ana', 3], ['Ben', 1], ['Eve', 1], ['Day', 1]])
  expect(s.levels).toEqual([{ at: 0, text: '1' }, { at: 900, text: '2' }, { at: 1800, text: '1' }, { at: 2700, text: 'fallback' }])
  expect(Math.round(s.end)).toBe(3105)
  expect(s.ticks).toEqual([0, 600, 1200, 1800, 2400])
})

test('how long after the alert', () => {
  expect([0, 30, 120, 150, 3600, 5400].map(after)).toEqual(['at once', '+30 s', '+2 min', '+2 min 30 s', '+1 h', '+1 h 30 min'])
})
