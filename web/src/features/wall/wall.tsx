import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'

import { worstFirst } from '@/features/dashboard/order'
import { unresolvedQuery } from '@/features/incident/board'
import { Named } from '@/features/incident/named'
import { listIncidentsV1, type IncidentBody } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { useHotkeys } from '@/shared/lib/hotkeys'
import { useNow } from '@/shared/lib/now'
import { clock, duration } from '@/shared/lib/time'
import { useLive } from '@/shared/live/provider'
import { Age } from '@/shared/ui/age'
import { Severity } from '@/shared/ui/severity'

const most = 8
const stale = 15_000

/** For a screen on the wall: read from five metres, touched by nobody. */
export function Wall() {
  const { data: list } = useQuery(unresolvedQuery)
  const navigate = useNavigate()
  const leave = () => void navigate({ to: '/' })
  useHotkeys([
    { keys: 'Escape', does: 'Go to Incidents', run: leave },
    { keys: 'g d', does: 'Go to Incidents', run: leave },
  ])
  useAwake()
  // Dark by itself: the system may change its colours while nobody is there to load the page anew.
  return (
    <main data-theme="dark" className="relative flex min-h-dvh flex-col bg-black p-[1.5vw] text-text" aria-label="Wall">
      {list === undefined ? <p className="m-auto text-4xl text-muted">Connecting…</p> : list.length === 0 ? <Quiet /> : <Busy list={list} />}
      <Stale />
    </main>
  )
}

function Busy({ list }: { list: IncidentBody[] }) {
  const open = worstFirst(list.filter((i) => i.status === 'open'))
  const acked = worstFirst(list.filter((i) => i.status === 'acknowledged'))
  const rows = [...open, ...acked].slice(0, most)
  const more = list.length - rows.length
  const paged = [...new Set(open.flatMap((i) => (i.paging ?? []).map((p) => p.name)))]
  return (
    <>
      <div className="flex items-start justify-between gap-8">
        <h1 className="flex gap-[4vw]">
          <Count n={open.length} word="unacked" bright={open.length > 0} />
          <Count n={acked.length} word="acked" bright={false} />
        </h1>
        <Clocks />
      </div>
      <ol className="mt-8 grow text-[clamp(1.1rem,2.1vw,3.5rem)] leading-[1.4]">
        {rows.map((i) => (
          <li key={i.id} className={`flex flex-wrap items-baseline gap-x-[0.6em] border-b border-line py-1 sm:flex-nowrap ${i.status === 'open' ? '' : 'text-muted sm:opacity-65'}`}>
            <span className="w-[5em] shrink-0 [&_svg]:size-[0.85em]">
              <Severity severity={i.severity} outline={i.status !== 'open'} />
            </span>
            <span className="order-last w-full min-w-0 grow truncate sm:order-none sm:w-auto [&>bdi:first-child]:font-semibold">
              <Named incident={i} title="" />
            </span>
            {i.status !== 'open' ? (
              <bdi className="max-w-[8em] grow truncate sm:shrink-0 sm:grow-0">{i.assignee}</bdi>
            ) : i.silence?.all === true ? (
              <span className="shrink-0 text-muted">Silenced</span>
            ) : i.exhausted ? (
              <strong className="shrink-0 text-critical">Nobody answered</strong>
            ) : null}
            <span className="ml-auto shrink-0 text-right whitespace-nowrap sm:ml-0 sm:min-w-[6.2em]">
              <Age since={i.opened_at} />
            </span>
          </li>
        ))}
      </ol>
      <p className="mt-4 flex justify-between gap-8 text-[clamp(1.1rem,1.9vw,3rem)] leading-snug text-muted">
        <span className="min-w-0 truncate">{paged.length === 0 ? '' : `Paging ${paged.join(', ')}`}</span>
        <span className="shrink-0">{more > 0 ? `+${more} more` : ''}</span>
      </p>
    </>
  )
}

function Count({ n, word, bright }: { n: number; word: string; bright: boolean }) {
  return (
    <span className={bright ? 'text-critical' : 'text-muted'}>
      <span className="block text-[clamp(3rem,5vw,9rem)] leading-none font-bold">{n}</span>
      <span className="text-[clamp(1rem,1.6vw,2.5rem)] leading-snug font-medium">{word}</span>
    </span>
  )
}

function Clocks() {
  const now = useNow()
  return (
    <p className="text-right text-[clamp(1.1rem,1.9vw,3rem)] leading-tight text-muted">
      <span className="block">{clock(now)}</span>
      <span className="block">{clock(now, 'UTC')} UTC</span>
      <Link to="/" title="Escape" className="inline-block min-h-6 text-base underline">
        Incidents
      </Link>
    </p>
  )
}

// The last one that ended says since when it is quiet. Those that ended last are among those opened last, mostly.
const lastOver = queryOptions({
  queryKey: [...keys.history, 'last'],
  queryFn: async ({ signal }) => {
    const { data } = await listIncidentsV1({ query: { status: 'resolved', limit: 100 }, signal })
    return Math.max(...(data.incidents ?? []).map((i) => Date.parse(i.resolved_at ?? i.opened_at)))
  },
})

/** Nothing open: near black, and never two minutes in the same place, which would burn in. */
function Quiet() {
  const now = useNow()
  const { data: since } = useQuery(lastOver)
  const step = Math.floor(now / 60_000)
  return (
    <div className="m-auto text-center text-muted transition-transform duration-1000" style={{ transform: `translate(${((step * 37) % 60) - 30}vmin, ${((step * 23) % 50) - 25}vmin)` }}>
      <h1 className="text-[clamp(2rem,4vw,7rem)] leading-snug">All quiet{since === undefined || !Number.isFinite(since) ? '' : ` · ${duration(now - since)}`}</h1>
      <Clocks />
    </div>
  )
}

/** An amber frame, and since when what is seen may be old. */
function Stale() {
  const live = useLive()
  const now = useNow()
  if (live.state !== 'lost' || now - live.since < stale) return null
  return (
    <>
      <div className="pointer-events-none fixed inset-0 z-10 border-[12px] border-warning" />
      <p role="status" className="sticky bottom-0 z-20 mx-[-1.5vw] mt-2 mb-[-1.5vw] bg-warning p-3 text-center text-[clamp(1.1rem,1.9vw,3rem)] leading-snug font-bold text-black">
        No news for {duration(now - live.since)}: this may be old
      </p>
    </>
  )
}

/** Keeps the screen on, where the browser lets us. */
function useAwake(): void {
  useEffect(() => {
    const ask = () => {
      if (document.visibilityState === 'visible') navigator.wakeLock?.request('screen').catch(() => undefined)
    }
    ask()
    document.addEventListener('visibilitychange', ask)
    return () => document.removeEventListener('visibilitychange', ask)
  }, [])
}
