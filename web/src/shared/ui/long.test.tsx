import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import { Long } from './long'

test('of a long text the beginning is shown, and all of it where it is wanted', async () => {
  const user = userEvent.setup()
  const { container } = render(<Long text={'long '.repeat(81)} />)
  const clamped = () => container.querySelector('.line-clamp-4') !== null
  expect(clamped()).toBe(true)
  await user.click(screen.getByRole('button', { name: 'Show all', expanded: false }))
  expect(clamped()).toBe(false)
  await user.click(screen.getByRole('button', { name: 'Show less', expanded: true }))
  expect(clamped()).toBe(true)
})

test('a text that is not long is whole', () => {
  const { container } = render(<Long text={'x'.repeat(400)} />)
  expect(container.innerHTML).toBe(`<bdi>${'x'.repeat(400)}</bdi>`)
})
