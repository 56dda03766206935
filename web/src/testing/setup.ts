import { cleanup, configure } from '@testing-library/react'
import { afterEach, vi } from 'vitest'

import { FakeSource } from './source'

configure({ asyncUtilTimeout: 10_000 }) // the machine may be busy
vi.stubGlobal('EventSource', FakeSource)
vi.stubGlobal('scrollTo', () => undefined)
vi.stubGlobal(
  'ResizeObserver',
  class {
    observe() {}
    unobserve() {}
    disconnect() {}
  },
)
// jsdom lays nothing out: every line is as high as a line is.
Object.defineProperty(HTMLElement.prototype, 'offsetHeight', { get: () => 40 })

afterEach(() => {
  cleanup()
  localStorage.clear()
  FakeSource.all.length = 0
})
