import { useEffect, useRef } from 'react'

import { read } from './stored'

/** What a key does. Keys are as people say them: "a", "?", "Mod+k" (Ctrl or ⌘), "g d" (one after the other). */
export interface Hotkey {
  keys: string
  does: string
  run: () => void
  /** It is also among the commands, for who does not know the key or has none. */
  command?: boolean
}

const active = new Set<{ list: Hotkey[] }>()
let before: { key: string; at: number } | undefined

/** All that can be pressed here now, what came last first. */
export function hotkeys(): Hotkey[] {
  const seen = new Set<string>()
  return [...active]
    .reverse()
    .flatMap((a) => a.list)
    .filter((h) => !seen.has(h.keys) && seen.add(h.keys))
}

/** Lets keys do something while a component is there. Of the same key, the component that came last has it. */
export function useHotkeys(list: Hotkey[]): void {
  const mine = useRef({ list })
  useEffect(() => {
    mine.current.list = list
  })
  useEffect(() => {
    const entry = mine.current
    active.add(entry)
    if (active.size === 1) addEventListener('keydown', pressed)
    return () => {
      active.delete(entry)
      if (active.size === 0) removeEventListener('keydown', pressed)
    }
  }, [])
}

function pressed(e: KeyboardEvent): void {
  const mod = e.ctrlKey || e.metaKey
  if (e.defaultPrevented || e.isComposing || e.altKey) return
  // Single letters are a person's text where they write, and what lies over the page has its own keys. They can be
  // switched off: dictation presses keys, too.
  if (!mod && (writing(e.target) || !read('keys', true) || document.querySelector('[data-over]') !== null)) return
  const key = mod ? `Mod+${e.key.toLowerCase()}` : e.key
  const after = before !== undefined && e.timeStamp - before.at < 1000 ? `${before.key} ${key}` : undefined
  before = { key, at: e.timeStamp }
  const all = hotkeys()
  const hit = all.find((h) => h.keys === after) ?? all.find((h) => h.keys === key)
  if (hit === undefined) return
  e.preventDefault()
  before = undefined
  hit.run()
}

function writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)) && !(target instanceof HTMLInputElement && target.type === 'checkbox')
}
