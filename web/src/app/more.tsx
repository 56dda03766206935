import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { sessionQuery } from '@/shared/api/session'
import { Button } from '@/shared/ui/button'
import { places } from './places'
import { ThemeSwitch } from './theme'

/** Where the bar has no room: every page, oneself, and the rest of what stands in it. */
export function More({ close, help }: { close: () => void; help: () => void }) {
  const { data: me } = useQuery(sessionQuery)
  const line = 'flex min-h-12 items-center border-b border-line data-[status=active]:font-semibold'
  return (
    <>
      <nav aria-label="All pages">
        {[...places, { to: '/integrations' as const, name: 'Set up' }].map((p) => (
          <Link key={p.to} to={p.to} onClick={close} activeOptions={{ exact: p.to === '/', includeSearch: false }} className={line}>
            {p.name}
          </Link>
        ))}
        {me?.user === undefined ? null : (
          <Link to="/people/$id" params={{ id: me.user }} onClick={close} className={line}>
            <bdi className="mr-2 truncate">{me.name}</bdi> <span className="shrink-0 text-muted">you, and how you are reached</span>
          </Link>
        )}
      </nav>
      <div className="mt-3 flex flex-wrap items-center gap-2">
        <ThemeSwitch />
        <Button onClick={help}>Keys</Button>
        <Button type="submit" form="sign-out" className="ml-auto">
          Sign out
        </Button>
      </div>
    </>
  )
}
