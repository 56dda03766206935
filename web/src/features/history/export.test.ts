import { expect, test } from 'vitest'

import { incident } from '@/testing/api'
import { csv } from './export'

test('a table that no spreadsheet takes for formulas', () => {
  const [head, row] = csv([incident(7, { title: '=HYPERLINK("x"),\nnext', service: '@evil', assignee: null })]).split('\r\n')
  expect(head?.startsWith('number,id,severity')).toBe(true)
  expect(row).toContain('"\'=HYPERLINK(""x""),\nnext"')
  expect(row).toContain(",'@evil,")
})
