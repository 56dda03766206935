import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { useAlarm } from '@/features/dashboard/alarm'
import { lookAgain, lookAtAll, unresolvedQuery } from '@/features/incident/board'
import { LiveProvider } from '@/shared/live/provider'
import { lookForUpgrade } from './worker'

/** What every page stands on, whatever is around it: it hears of changes, and says in its title how many wait. */
export function Frame({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  const [heard] = useState(() => ({
    changed: (ids: string[]) => void lookAgain(queries, ids),
    missed: () => {
      void lookAtAll(queries)
      void lookForUpgrade()
    },
  }))
  return (
    <LiveProvider heard={heard}>
      <Alarm />
      {children}
    </LiveProvider>
  )
}

function Alarm() {
  useAlarm(useQuery(unresolvedQuery).data)
  return null
}
