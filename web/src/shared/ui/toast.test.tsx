import { act, fireEvent, render, screen } from '@testing-library/react'
import { expect, onTestFinished, test, vi } from 'vitest'

import { say, Toasts } from './toast'

test('short news goes also where a pointer rests on it; what failed stays', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  render(<Toasts />)
  const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms))
  act(() => say('Made a new key'))
  act(() => say('NOT saved', 'failed'))
  fireEvent.mouseOver(screen.getByText('Made a new key'))
  pass(29_000)
  expect(screen.queryByText('Made a new key')).toBeTruthy()
  pass(2_000)
  expect(screen.queryByText('Made a new key')).toBeNull()
  expect(screen.queryAllByText('NOT saved')).not.toHaveLength(0)
})
