import { Link, useLocation } from '@tanstack/react-router'

import { Empty } from '@/shared/ui/states'
import { places } from './places'

/** Where an address leads to nothing: what it was, and ways on. */
export function Nowhere() {
  const path = useLocation({ select: (l) => l.pathname })
  return (
    <Empty page title="There is no such page">
      <span className="mb-3 block">
        Nothing is at <bdi className="font-mono">{path}</bdi>. Perhaps you mean:
      </span>
      {places.map((p) => (
        <Link key={p.to} to={p.to} className="inline-flex min-h-9 items-center px-2 underline">
          {p.name}
        </Link>
      ))}
    </Empty>
  )
}
