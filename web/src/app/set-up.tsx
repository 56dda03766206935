import { Link, Outlet } from '@tanstack/react-router'

import { useActiveInView } from '@/shared/lib/in-view'
import { setUp } from './places'

/** What is around the pages by which things are set up: the way from one to the other. */
export function SetUp() {
  const row = useActiveInView()
  return (
    <div className="lg:flex lg:gap-8">
      <nav ref={row} aria-label="Set up" className="mb-4 flex gap-1 overflow-x-auto border-b border-line lg:mb-0 lg:block lg:w-44 lg:shrink-0 lg:border-0">
        {setUp.map((group) => (
          <div key={group.about} className="flex lg:mb-4 lg:block">
            <p className="hidden text-xs text-muted lg:block">{group.about}</p>
            {group.places.map((p) => (
              <Link
                key={p.to}
                to={p.to}
                className="flex min-h-12 items-center px-2 whitespace-nowrap text-muted hover:text-text data-[status=active]:font-semibold data-[status=active]:text-text lg:min-h-8 lg:px-0"
              >
                {p.name}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      <div className="min-w-0 grow">
        <Outlet />
      </div>
    </div>
  )
}
