import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { useAlarm } from '@/features/dashboard/alarm'
import { lookAgain, lookAtAll, unresolvedQuery } from '@/features/incident/board'
import { keys } from '@/shared/api/keys'
import { LiveProvider } from '@/shared/live/provider'
import { lookForUpgrade } from './worker'

/** What every page stands on, whatever is around it: it hears of changes, and says in its title how many wait. */
export function Frame({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  const [heard] = useState(() => ({
    changed: (ids: string[]) => void lookAgain(queries, ids),
    owned: gathered(() => {
      void queries.invalidateQueries({ queryKey: keys.owned })
      void queries.invalidateQueries({ queryKey: keys.session }) // one's own role may be another
    }),
    missed: () => {
      void lookAtAll(queries)
      // What came with the page just now is not asked for twice.
      void queries.invalidateQueries({ queryKey: keys.owned, predicate: (q) => q.state.dataUpdatedAt < Date.now() - 10_000 })
      void lookForUpgrade()
    },
    lost: () => void queries.invalidateQueries({ queryKey: keys.session }), // whether the server answers at all
  }))
  return (
    <LiveProvider heard={heard}>
      <Alarm />
      {children}
    </LiveProvider>
  )
}

/** Several calls soon after one another are one: a storm makes many services. */
function gathered(look: () => void): () => void {
  let due: ReturnType<typeof setTimeout> | undefined
  return () => {
    due ??= setTimeout(() => {
      due = undefined
      look()
    }, 500)
  }
}

function Alarm() {
  useAlarm(useQuery(unresolvedQuery).data)
  return null
}
