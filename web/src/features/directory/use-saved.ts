import { useQueryClient } from '@tanstack/react-query'

import { keys } from '@/shared/api/keys'
import { say } from '@/shared/ui/toast'

/** What follows when something was saved: it is said, and everything is looked at anew. */
export function useSaved() {
  const queries = useQueryClient()
  return async (words: string) => {
    say(words)
    await queries.invalidateQueries({ queryKey: keys.owned })
  }
}
