import { useQuery } from '@tanstack/react-query'

import { useStored } from '@/shared/lib/stored'
import { sessionQuery } from './session'

/** What this browser remembers for whoever is signed in: nobody else who uses it sees that. */
export function useOwn<T>(name: string, otherwise: T): [T, (v: T) => void] {
  const { data: me } = useQuery(sessionQuery)
  return useStored(`${name}.${me?.id ?? ''}`, otherwise)
}
