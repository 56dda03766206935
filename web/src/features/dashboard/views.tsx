import { lazy, Suspense, useState } from 'react'

import { useOwn } from '@/shared/api/own'
import { Button } from '@/shared/ui/button'
import { filtersSet, type Filters } from './search'

const SavedViews = lazy(() => import('./saved-views').then((m) => ({ default: m.SavedViews })))

export interface Props {
  filters: Filters
  show: (f: Filters) => void
}

/** A person's own, in this browser. */
export const useViews = () => useOwn<{ name: string; filters: Filters }[]>('views', [])

/** Filters under a name; where there is nothing to save or to show, nothing is loaded. */
export function Views(p: Props) {
  const [views] = useViews()
  const [wanted, want] = useState(false) // pressed before it was loaded
  if (views.length === 0 && filtersSet(p.filters) === 0) return null
  return (
    <Suspense fallback={<Button onClick={() => want(true)}>Views</Button>}>
      <SavedViews {...p} wanted={wanted} />
    </Suspense>
  )
}
