import { useRouterState } from '@tanstack/react-router'
import { useEffect, useRef, type RefObject } from 'react'

/** Keeps the link of the page that is shown in view, where a row of links is wider than a phone. */
export function useActiveInView(): RefObject<HTMLElement | null> {
  const row = useRef<HTMLElement>(null)
  const path = useRouterState({ select: (s) => s.resolvedLocation?.pathname })
  useEffect(() => {
    const link = row.current?.querySelector<HTMLElement>('[data-status=active]')
    // Only sideways: the page itself stays where it is.
    if (row.current !== null && link != null) row.current.scrollLeft = link.offsetLeft - row.current.offsetLeft - (row.current.clientWidth - link.offsetWidth) / 2
  }, [path])
  return row
}
