import { useSyncExternalStore } from 'react'

// Ages tick by the server's clock: a phone's own may be wrong. What is known of the server's is its Date header.
let offset = 0
let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** Notes what time the server says it is. Its header has whole seconds: less than two off is no difference. */
export function heardServerTime(header: string | null): void {
  const at = header === null ? Number.NaN : Date.parse(header)
  if (Number.isNaN(at)) return
  const off = at - Date.now()
  offset = Math.abs(off) < 2000 ? 0 : off
}

/** The server's time in milliseconds, now. */
export function serverNow(): number {
  return Date.now() + offset
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) {
    now = serverNow()
    timer = setInterval(() => {
      now = serverNow()
      for (const l of listeners) l()
    }, 1000)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** The server's time in milliseconds, every second anew. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}
