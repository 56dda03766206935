import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useMatches, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState, type ReactNode } from 'react'

import { Asking, useAsk } from '@/features/incident/ask'
import { unresolvedQuery } from '@/features/incident/board'
import { incidentCan } from '@/features/incident/can'
import { NotYet } from '@/features/incident/not-yet'
import { forgetAllUnsent } from '@/features/incident/unsent'
import { healthQuery, pagingQuery } from '@/shared/api/health'
import { sessionQuery } from '@/shared/api/session'
import { useHotkeys } from '@/shared/lib/hotkeys'
import { useActiveInView } from '@/shared/lib/in-view'
import { useNow } from '@/shared/lib/now'
import { duration, shortly } from '@/shared/lib/time'
import { lastHeard } from '@/shared/live/heard'
import { useLive } from '@/shared/live/provider'
import { Button, useOnline } from '@/shared/ui/button'
import { Dialog } from '@/shared/ui/dialog'
import { Toasts } from '@/shared/ui/toast'
import { Palette } from './palette'
import { places } from './places'
import { ThemeSwitch } from './theme'

const Keys = lazy(() => import('./help').then((m) => ({ default: m.Keys })))
const More = lazy(() => import('./more').then((m) => ({ default: m.More })))

/** What is around most pages: where one can go, who one is, and whether what is seen is still true. */
export function Shell({ children }: { children?: ReactNode }) {
  return (
    <Asking>
      <Around>{children ?? <Outlet />}</Around>
    </Asking>
  )
}

function Around({ children }: { children: ReactNode }) {
  const navigate = useNavigate()
  const ask = useAsk()
  const { data: me } = useQuery(sessionQuery)
  const may = incidentCan.page(me)
  const page = () => (may === undefined ? ask({ about: 'page', incidents: [] }) : undefined)
  const settingUp = useMatches().some((m) => m.routeId.startsWith('/shell/set-up/'))
  const row = useActiveInView()
  const [over, show] = useState<'palette' | 'help' | 'more' | undefined>()
  useHotkeys([
    { keys: 'Mod+k', does: 'Go anywhere, do anything', run: () => show('palette') },
    { keys: '?', does: 'Show the keys', run: () => show('help') },
    { keys: 'c', does: 'Page somebody now', run: page, command: may === undefined },
    ...places.map((p) => ({ keys: p.keys, does: `Go to ${p.name}`, run: () => void navigate({ to: p.to }) })),
    { keys: 'g u', does: 'Go to what is set up', run: () => void navigate({ to: '/integrations' }) },
  ])
  return (
    <>
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-ground focus:p-3">
        Skip to the page
      </a>
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-7xl items-center gap-x-1 px-4">
          <Link to="/" className="mr-2 flex min-h-12 shrink-0 items-center font-bold whitespace-nowrap lg:min-h-11">
            Rouse
          </Link>
          <nav ref={row} aria-label="Main" className="more-aside flex min-w-0 grow overflow-x-auto">
            {places.map((p) => (
              <Link
                key={p.to}
                to={p.to}
                activeOptions={{ exact: p.to !== '/services', includeSearch: false }}
                className={`${p.from} min-h-12 shrink-0 items-center px-2 whitespace-nowrap text-muted hover:text-text sm:px-3 data-[status=active]:font-semibold data-[status=active]:text-text lg:min-h-11`}
              >
                {p.name}
              </Link>
            ))}
            <Link
              to="/integrations"
              data-status={settingUp ? 'active' : undefined}
              className="hidden lg:flex min-h-12 shrink-0 items-center px-2 whitespace-nowrap text-muted hover:text-text sm:px-3 data-[status=active]:font-semibold data-[status=active]:text-text lg:min-h-11"
            >
              Set up
            </Link>
          </nav>
          <Button why={may} onClick={page} aria-label="Page somebody now" className="px-3">
            <svg viewBox="0 0 16 16" aria-hidden="true" className="size-4 fill-none stroke-current stroke-2">
              <path d="M3 11.5h10L11.8 9.5V6.6a3.8 3.8 0 0 0-7.6 0v2.9zM6.6 14h2.8" />
            </svg>
            <span className="hidden xl:inline">Page somebody</span>
          </Button>
          <Button look="quiet" onClick={() => show('palette')} aria-label="Ctrl K: search and commands">
            <svg viewBox="0 0 16 16" aria-hidden="true" className="size-4 fill-none stroke-current stroke-2">
              <path d="M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2zM11 11l4 4" />
            </svg>
            <kbd className="hidden font-sans text-xs sm:inline">Ctrl K</kbd>
          </Button>
          <Button look="quiet" aria-haspopup="dialog" onClick={() => show('more')} className="px-2 xl:hidden">
            Menu
          </Button>
          <div className="hidden items-center gap-x-2 xl:flex">
            <Button look="quiet" onClick={() => show('help')} aria-label="Keys">
              ?
            </Button>
            <ThemeSwitch />
            <WhoAmI />
          </div>
        </div>
      </header>
      <Demo />
      <Notice />
      <main id="main" data-app="" tabIndex={-1} className="mx-auto max-w-7xl px-4 pt-8 pb-4 outline-none">
        {children}
      </main>
      <Palette open={over === 'palette'} close={() => show(undefined)} help={() => show('help')} />
      <Dialog title="Menu" open={over === 'more'} close={() => show(undefined)}>
        <Suspense>{over === 'more' ? <More close={() => show(undefined)} help={() => show('help')} /> : null}</Suspense>
      </Dialog>
      <Dialog title="Keys" open={over === 'help'} close={() => show(undefined)}>
        <Suspense>{over === 'help' ? <Keys /> : null}</Suspense>
      </Dialog>
      <Toasts>
        <NotYet />
      </Toasts>
    </>
  )
}

function WhoAmI() {
  const { data } = useQuery(sessionQuery)
  if (data === undefined) return null
  return (
    <form id="sign-out" method="post" action="/sign-out" onSubmit={forgetAllUnsent} className="flex items-center gap-2 whitespace-nowrap">
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

/** When this page was loaded: what is older was kept from before. */
const began = Date.now()

/**
 * What is wrong around the page, in one line over its upper edge, where room is kept for it: a button must not move away
 * while somebody aims at it. What is not heard comes before what was heard.
 */
function Notice() {
  const live = useLive()
  const online = useOnline()
  const now = useNow()
  const { dataUpdatedAt } = useQuery(unresolvedQuery)
  const old = live.state === 'connecting' && dataUpdatedAt > 0 && dataUpdatedAt < began
  const lost = live.state === 'lost' && (!online || now - live.since >= 3000)
  return (
    <div className="sticky top-0 z-20 h-0 text-sm leading-6">
      {old ? (
        <p role="status" className="pointer-events-none absolute right-4 rounded-b border border-t-0 border-warning bg-surface px-2 text-xs text-warning">
          As of {shortly(new Date(lastHeard() ?? dataUpdatedAt).toISOString(), now)}: asking for news…
        </p>
      ) : live.state === 'lost' && lost ? (
        <p role="status" className="pointer-events-none truncate border-b border-warning bg-surface px-4 text-center font-semibold text-warning">
          Offline since {shortly(new Date(live.since).toISOString(), now)}
          <span className="sm:hidden">, may be old</span>
          <span className="hidden sm:inline"> ({duration(now - live.since)}): what you see may be old. Trying again…</span>
        </p>
      ) : live.state === 'full' ? (
        <p role="status" className="pointer-events-none truncate border-b border-warning bg-surface px-4 text-center font-semibold text-warning">
          Not live: too many open pages<span className="hidden sm:inline">. This one asks for news every 10 s: close others</span>
        </p>
      ) : (
        <Unwell />
      )}
    </div>
  )
}

/** Rouse's own health, only where it is bad; all of it is read by opening it. */
function Unwell() {
  const { data: wrong = [] } = useQuery(healthQuery)
  const { data: paging } = useQuery(pagingQuery)
  const held = paging?.held === true ? `Paging is held${paging.by === undefined ? '' : ` by ${paging.by}`}: nobody is told of anything. ${paging.reason ?? ''}` : undefined
  const checks = wrong.length === 0 ? undefined : `Rouse itself is not well: ${wrong.length === 1 ? wrong[0] : `${wrong.length} checks fail`}`
  if (held === undefined && checks === undefined) return null
  return (
    <div role="status">
      <details className="border-b border-line bg-surface px-4 text-center open:pb-2 open:shadow-lg">
        <summary className={`cursor-pointer truncate font-semibold ${held === undefined ? 'text-warning' : 'text-critical'}`}>{[held, checks].filter(Boolean).join(' ')}</summary>
        {[held, ...wrong].map((w) => (w === undefined ? null : <p key={w}>{w}</p>))}
      </details>
    </div>
  )
}
