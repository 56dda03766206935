import { expect, test } from 'vitest'

import { outcome } from './act'

const result = (more: object) => ({ id: 'x', number: 7, changed: true, status: 'acknowledged' as const, ...more })

test.each([
  [[result({})], 'Acknowledged #7', false],
  [[result({ changed: false, assignee: 'Ben' })], '#7: acknowledged already by Ben. Nothing to do.', false],
  [[result({ changed: false, code: 'incident.already_resolved', detail: 'it is resolved' })], 'NOT acknowledged #7: it is resolved', true],
  [[result({}), result({ changed: false }), result({ changed: false, code: 'c', detail: 'gone' })], 'Acknowledged 1; 1 were so already; 1 NOT: gone', true],
])('what became of it: %#', (results, text, failed) => {
  expect(outcome('acknowledge', results)).toEqual({ text, failed })
})
