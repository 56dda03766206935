import { expect, test } from 'vitest'

import { incident } from '@/testing/api'
import { ended } from './ended'

const over = { ...incident(1), status: 'resolved' as const, opened_at: '2026-03-01T12:00:00Z', resolved_at: '2026-03-01T12:06:00Z' }
const by = (kind: 'user' | 'alerts', name = '') => ({ kind, name, id: '' }) as never

test.each([
  [{ ...over, resolved_at: null, status: 'open' as const }, 'open'],
  [over, 'healed after 6 min'],
  [{ ...over, resolved_by: by('alerts'), assignee: 'Ben' }, 'healed after 6 min, Ben had it'],
  [{ ...over, resolved_by: by('user', 'Ben'), merged_into: { id: '', number: 2 } }, 'merged into #2'],
  [{ ...over, resolved_by: by('user', 'Ben') }, 'resolved after 6 min by Ben'],
])('how it ended, what may be cut off last: %#', (i, words) => {
  expect(ended(i)).toBe(words)
})
