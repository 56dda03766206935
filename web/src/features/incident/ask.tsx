import { createContext, lazy, Suspense, use, useCallback, useMemo, useState, type ReactNode } from 'react'

import type { IncidentBody } from '@/shared/api/client'

/** What must be known before something is done. "page" is about no incident that there is. */
export interface Question {
  about: 'resolve' | 'snooze' | 'pass-on' | 'reassign' | 'add-responder' | 'note' | 'merge' | 'priority' | 'page'
  incidents: IncidentBody[]
}

const Context = createContext<(q: Question) => void>(() => undefined)

const Questions = lazy(() => import('./questions').then((m) => ({ default: m.Questions })))

/** Lets the whole page ask what must be known before something is done. */
export function Asking({ children }: { children: ReactNode }) {
  const [question, set] = useState<Question | undefined>()
  const close = useCallback(() => set(undefined), [])
  const ask = useCallback((q: Question) => (q.incidents.length > 0 || q.about === 'page' ? set(q) : undefined), [])
  return (
    <Context value={ask}>
      {children}
      <Suspense>{useMemo(() => (question === undefined ? null : <Questions question={question} close={close} />), [question, close])}</Suspense>
    </Context>
  )
}

/** Asks; what is answered is done. */
export const useAsk = () => use(Context)
