import { expect, test } from 'vitest'

import { incident } from '@/testing/api'
import { outcome, undo } from './act'

const result = (more: object) => ({ id: 'x', number: 7, changed: true, status: 'acknowledged' as const, ...more })

test.each([
  [[result({})], 'Acknowledged #7', false],
  [[result({ changed: false, assignee: 'Ben' })], '#7: acknowledged already by Ben. Nothing to do.', false],
  [[result({ changed: false, code: 'incident.already_resolved', detail: 'it is resolved' })], 'NOT acknowledged #7: it is resolved', true],
  [[result({}), result({ changed: false }), result({ changed: false, code: 'c', detail: 'gone' })], 'Acknowledged 1; 1 were so already; 1 NOT: gone', true],
])('what became of it: %#', (results, text, failed) => {
  expect(outcome('acknowledge', results, [])).toEqual({ text, failed })
})

test('who reopens or gives back is told what follows', () => {
  const was = (more = {}) => [{ ...incident(7, { status: 'resolved', ...more }), id: 'x' }]
  const open = [result({ status: 'open' })]
  expect(outcome('reopen', open, was()).text).toBe('Reopened #7: it is open, and paging goes on')
  expect(outcome('reopen', open, was({ severity: 'info' })).text).toBe('Reopened #7: it is open')
  expect(outcome('reopen', open, []).text).toBe('Reopened #7: it is open')
  expect(outcome('reopen', [result({ assignee: 'Ben' })], was()).text).toBe('Reopened #7: Ben has it')
})

test('undo gives back exactly how it was, or is not offered', () => {
  const open = incident(1)
  const acked = incident(2, { status: 'acknowledged' })
  const of = (...list: { id: string }[]) => list.map((i) => result({ id: i.id }))
  expect(undo({ do: 'snooze', ids: [open.id], minutes: 30 }, of(open), [open])).toEqual({ do: 'reopen', ids: [open.id] })
  expect(undo({ do: 'snooze', ids: [open.id, acked.id], minutes: 30 }, of(open, acked), [open, acked])).toBeUndefined()
  expect(undo({ do: 'take-over', ids: [acked.id] }, of(acked), [acked])).toBeUndefined()
  expect(undo({ do: 'set-priority', ids: [open.id], priority: 'P1' }, of(open), [open])).toEqual({ do: 'set-priority', ids: [open.id], priority: '' })
  expect(undo({ do: 'set-priority', ids: [open.id], priority: 'P1' }, of(open), [])).toBeUndefined()
  expect(undo({ do: 'set-priority', ids: [open.id, acked.id], priority: 'P1' }, of(open, acked), [incident(1, { priority: 'P3' }), acked])).toBeUndefined()
  expect(undo({ do: 'acknowledge', ids: [open.id, acked.id] }, [...of(open), result({ id: acked.id, changed: false })], [])).toEqual({ do: 'reopen', ids: [open.id] })
  expect(undo({ do: 'merge', ids: [open.id, acked.id] }, of(open, acked), [open, acked])).toBeUndefined()
})
