import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useMatches, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import { Asking } from '@/features/incident/ask'
import { healthQuery, pagingQuery } from '@/shared/api/health'
import { sessionQuery } from '@/shared/api/session'
import { useHotkeys } from '@/shared/lib/hotkeys'
import { useActiveInView } from '@/shared/lib/in-view'
import { useNow } from '@/shared/lib/now'
import { duration, shortly } from '@/shared/lib/time'
import { useLive } from '@/shared/live/provider'
import { Button } from '@/shared/ui/button'
import { Toasts } from '@/shared/ui/toast'
import { Help } from './help'
import { Palette } from './palette'
import { places } from './places'
import { ThemeSwitch } from './theme'

/** What is around most pages: where one can go, who one is, and whether what is seen is still true. */
export function Shell() {
  const navigate = useNavigate()
  const settingUp = useMatches().some((m) => m.routeId.startsWith('/shell/set-up/'))
  const row = useActiveInView()
  const [over, show] = useState<'palette' | 'help' | undefined>()
  useHotkeys([
    { keys: 'Mod+k', does: 'Go anywhere, do anything', run: () => show('palette') },
    { keys: '?', does: 'Show the keys', run: () => show('help') },
    ...places.map((p) => ({ keys: p.keys, does: `Go to ${p.name}`, run: () => void navigate({ to: p.to }) })),
    { keys: 'g u', does: 'Go to what is set up', run: () => void navigate({ to: '/integrations' }) },
  ])
  return (
    <Asking>
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-ground focus:p-3">
        Skip to the page
      </a>
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-7xl items-center gap-x-1 px-4">
          <Link to="/" className="mr-2 flex min-h-12 shrink-0 items-center font-bold whitespace-nowrap lg:min-h-11">
            Rouse
          </Link>
          <nav ref={row} aria-label="Main" className="flex min-w-0 grow overflow-x-auto">
            {places.map((p) => (
              <Link
                key={p.to}
                to={p.to}
                activeOptions={{ exact: p.to !== '/services', includeSearch: false }}
                className="flex min-h-12 shrink-0 items-center px-2 whitespace-nowrap text-muted hover:text-text sm:px-3 data-[status=active]:font-semibold data-[status=active]:text-text lg:min-h-11"
              >
                {p.name}
              </Link>
            ))}
            <Link
              to="/integrations"
              data-status={settingUp ? 'active' : undefined}
              className="flex min-h-12 shrink-0 items-center px-2 whitespace-nowrap text-muted hover:text-text sm:px-3 data-[status=active]:font-semibold data-[status=active]:text-text lg:min-h-11"
            >
              Set up
            </Link>
          </nav>
          <Button look="quiet" onClick={() => show('palette')} aria-label="Ctrl K: search and commands">
            <svg viewBox="0 0 16 16" aria-hidden="true" className="size-4 fill-none stroke-current stroke-2">
              <path d="M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2zM11 11l4 4" />
            </svg>
            <kbd className="hidden font-sans text-xs sm:inline">Ctrl K</kbd>
          </Button>
          <div className="hidden items-center md:flex">
            <Button look="quiet" onClick={() => show('help')} aria-label="Keys">
              ?
            </Button>
            <ThemeSwitch />
            <WhoAmI />
          </div>
        </div>
      </header>
      <Demo />
      <Connection />
      <Unwell />
      <main id="main" tabIndex={-1} className="mx-auto max-w-7xl p-4 outline-none">
        <Outlet />
      </main>
      <Palette open={over === 'palette'} close={() => show(undefined)} help={() => show('help')} />
      <Help open={over === 'help'} close={() => show(undefined)} />
      <Toasts />
    </Asking>
  )
}

function WhoAmI() {
  const { data } = useQuery(sessionQuery)
  // On a phone the commands have it.
  if (data === undefined) return null
  return (
    <form id="sign-out" method="post" action="/sign-out" className="flex items-center gap-2 whitespace-nowrap">
      {data.user === undefined ? (
        <bdi className="max-w-32 truncate text-muted" title={`Your role: ${data.role}`}>
          {data.name}
        </bdi>
      ) : (
        <Link to="/people/$id" params={{ id: data.user }} className="flex min-h-9 max-w-32 items-center text-muted hover:text-text" title={`You, as ${data.role}: how you are reached`}>
          <bdi className="truncate">{data.name}</bdi>
        </Link>
      )}
      <Button type="submit" look="quiet">
        Sign out
      </Button>
    </form>
  )
}

/** A demonstration says so on every page. */
function Demo() {
  const { data } = useQuery(sessionQuery)
  if (data?.demo === undefined) return null
  return (
    <p className="border-b border-line bg-surface px-4 py-2 text-center text-muted">
      A demonstration: all of this is made up and forgotten at its end.{' '}
      <a href={data.demo} target="_blank" rel="noreferrer" className="text-text underline">
        The mailbox of everybody
      </a>
    </p>
  )
}

/** Says since when nothing is heard from the server: what is seen may be old. */
function Connection() {
  const live = useLive()
  const now = useNow()
  if (live.state !== 'lost' || now - live.since < 3000) return null
  return (
    <p role="status" className="border-b border-warning bg-surface px-4 py-2 text-center font-medium text-warning">
      Offline since {shortly(new Date(live.since).toISOString(), now)} ({duration(now - live.since)}): what you see may be old. Trying again…
    </p>
  )
}

/** Rouse's own health, only where it is bad. */
function Unwell() {
  const { data: wrong } = useQuery(healthQuery)
  const { data: paging } = useQuery(pagingQuery)
  if (paging?.held !== true && (wrong ?? []).length === 0) return null
  return (
    <div role="status" className="border-b border-line bg-surface px-4 py-2 text-center">
      {paging?.held === true ? (
        <p className="font-semibold text-critical">
          Paging is held{paging.by === undefined ? '' : ` by ${paging.by}`}: nobody is told of anything. {paging.reason}
        </p>
      ) : null}
      {(wrong ?? []).length === 0 ? null : (
        <details>
          <summary className="cursor-pointer text-warning">Rouse itself is not well: {(wrong ?? []).length === 1 ? wrong?.[0] : `${wrong?.length} checks fail`}</summary>
          {(wrong ?? []).map((w) => (
            <p key={w}>{w}</p>
          ))}
        </details>
      )}
    </div>
  )
}
