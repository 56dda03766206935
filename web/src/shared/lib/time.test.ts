import { expect, test } from 'vitest'

import { countdown, duration } from './time'

test('how long something has been so', () => {
  expect([-5, 59_999, 60_000, 3_599_000, 4 * 3_600_000 + 5 * 60_000, 50 * 3_600_000].map(duration)).toEqual(['0 s', '59 s', '1 min', '59 min', '4 h 05 min', '2 d 2 h'])
})

test('what is left', () => {
  expect([-1, 1, 252_000, 3_600_000, 3_661_000].map(countdown)).toEqual(['0:00', '0:01', '4:12', '1:00:00', '1:01:01'])
})
