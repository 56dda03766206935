import { useSyncExternalStore } from 'react'

import type { IntegrationBody } from '@/shared/api/client'

// A key is shown while the page in which it was made is open: nothing keeps it.
const shown = new Map<string, string>()
const listeners = new Set<() => void>()

export function rememberKey(i: Pick<IntegrationBody, 'id' | 'key'>): void {
  if (i.key === undefined) return
  shown.set(i.id, i.key)
  for (const l of listeners) l()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The key, where it was made in this page. */
export const useKey = (id: string): string | undefined => useSyncExternalStore(subscribe, () => shown.get(id))

/** What stands in a snippet where the key is not known any more. */
export const unknownKey = 'THE-KEY-THAT-WAS-SHOWN'
