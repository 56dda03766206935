import { useCallback, useSyncExternalStore } from 'react'

const changed = 'rouse:stored'

/** What this browser remembers under a name; where nothing, or storage is forbidden, the default. */
export function read<T>(name: string, otherwise: T): T {
  return parse(raw(name), otherwise)
}

function raw(name: string): string | null {
  try {
    return localStorage.getItem(`rouse.${name}`)
  } catch {
    return null
  }
}

function parse<T>(text: string | null, otherwise: T): T {
  if (text === null) return otherwise
  try {
    return JSON.parse(text) as T
  } catch {
    return otherwise
  }
}

function subscribe(listener: () => void): () => void {
  addEventListener(changed, listener)
  addEventListener('storage', listener)
  return () => {
    removeEventListener(changed, listener)
    removeEventListener('storage', listener)
  }
}

/** Remembers it, and tells every place that uses it. */
export function write<T>(name: string, v: T): void {
  try {
    localStorage.setItem(`rouse.${name}`, JSON.stringify(v))
  } catch {
    // it holds for this page only where storage is forbidden
  }
  dispatchEvent(new Event(changed))
}

/** The same as state: every place that uses it hears of a change. */
export function useStored<T>(name: string, otherwise: T): [T, (v: T) => void] {
  const text = useSyncExternalStore(subscribe, () => raw(name))
  const set = useCallback((v: T) => write(name, v), [name])
  return [parse(text, otherwise), set]
}
