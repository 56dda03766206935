import { expect, test } from 'vitest'

import { incident } from '@/testing/api'
import { fits, nonsense, parseSearch } from './search'

const names = { team: (id: string) => (id === 't1' ? 'web' : undefined), user: (e: string) => (e === 'ana@example.org' ? 'Ana' : undefined) }
const i = incident(4821, { team: 't1', priority: 'P2', assignee: 'Ana', environment: 'prod', source_alert: { fingerprint: '', startsAt: null, labels: { node: 'Node-7' } } })

test.each([
  [{}, true],
  [{ severity: 'critical', service: 'payments', environment: 'prod' }, true],
  [{ severity: 'warning' }, false],
  [{ priority: 'P2' }, true],
  [{ priority: 'P1' }, false],
  [{ team: 'web' }, true],
  [{ team: 't1' }, true],
  [{ team: 'db' }, false],
  [{ assignee: 'ana@example.org' }, true],
  [{ assignee: 'ben@example.org' }, false],
  [{ q: '#4821' }, true],
  [{ q: 'node-7' }, true],
  [{ q: 'nothing' }, false],
  [{ since: '2026-01-01', until: '2026-12-31' }, true],
  [{ until: '2026-01-01' }, false],
  [{ since: 'rubbish' }, true],
])('%o fits: %s', (f, fit) => {
  expect(fits(f, names)(i)).toBe(fit)
})

test('the URL is believed only where it is a filter', () => {
  expect(parseSearch({ q: 12, severity: '', service: 'a', evil: 'x', team: { a: 1 }, priority: 'P9', since: '2026-02-31x', until: '2026-02-03' })).toEqual({ q: '12', service: 'a', until: '2026-02-03' })
})

test('what no filter can be is named', () => {
  expect(nonsense({ severity: 'bad', since: 'rubbish', priority: 'P1', service: 'anything' })).toEqual([
    { name: 'severity', value: 'bad', not: 'a severity' },
    { name: 'since', value: 'rubbish', not: 'a day like 2026-03-02' },
  ])
})
