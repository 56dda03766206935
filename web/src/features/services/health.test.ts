import { expect, test } from 'vitest'

import { byHealth, healthOf } from './health'

test('a service is as ill as its worst unresolved incident', () => {
  const health = healthOf([
    { service: 'b', severity: 'warning' },
    { service: 'b', severity: 'critical' },
    { service: 'c', severity: 'error' },
  ])
  expect(health.get('b')).toEqual({ incidents: 2, worst: 'critical' })
  expect(byHealth([{ name: 'd' }, { name: 'a' }, { name: 'c' }, { name: 'b' }], health).map((s) => s.name)).toEqual(['b', 'c', 'a', 'd'])
})
