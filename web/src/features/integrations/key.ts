import type { IntegrationBody } from '@/shared/api/client'

// A key is shown while the page in which it was made is open: nothing keeps it.
const shown = new Map<string, string>()

export function rememberKey(i: Pick<IntegrationBody, 'id' | 'key'>): void {
  if (i.key !== undefined) shown.set(i.id, i.key)
}

export const keyOf = (id: string): string | undefined => shown.get(id)

/** What stands in a snippet where the key is not known any more. */
export const unknownKey = 'THE-KEY-THAT-WAS-SHOWN'
