import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'

import { say, toasts, Toasts } from './toast'

afterEach(() => act(() => toasts.close()))

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

test('of one kind the newest is seen, and the others when they are asked for', () => {
  render(<Toasts />)
  for (const n of [1, 2, 3]) act(() => say(`Ready ${n}`, 'stays'))
  act(() => say('Noted'))
  expect(screen.queryAllByText('Ready 1')).toHaveLength(0)
  expect(screen.queryAllByText('Ready 3')).not.toHaveLength(0)
  expect(screen.queryAllByText('Noted')).not.toHaveLength(0)
  fireEvent.click(screen.getByText('and 2 more'))
  expect(screen.queryAllByText('Ready 1')).not.toHaveLength(0)
})
