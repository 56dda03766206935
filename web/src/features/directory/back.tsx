import { Link } from '@tanstack/react-router'

import { kinds, type Kind } from './kinds'

/** The way back to the list. */
export function Back({ kind, children }: { kind: Kind; children: string }) {
  return (
    <Link to={kinds[kind].path} className="inline-flex min-h-9 items-center underline">
      {children}
    </Link>
  )
}
