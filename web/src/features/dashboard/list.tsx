import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { useNavigate } from '@tanstack/react-router'

import { useAct } from '@/features/incident/act'
import { useAsk } from '@/features/incident/ask'
import { incidentCan } from '@/features/incident/can'
import { useUnsent } from '@/features/incident/unsent'
import type { IncidentBody, Me } from '@/shared/api/client'
import { useHotkeys } from '@/shared/lib/hotkeys'
import { Button } from '@/shared/ui/button'
import { Picked } from './picked'
import { Row } from './row'
import { useSteady, type Line } from './steady'

const titles: Record<Line['section'], string> = { open: 'Unacknowledged', acknowledged: 'Acknowledged' }

type Item = { kind: 'title'; section: Line['section'] } | { kind: 'line'; line: Line }

function itemsOf(lines: Line[]): Item[] {
  return (['open', 'acknowledged'] as const).flatMap((section): Item[] => {
    const of = lines.filter((l) => l.section === section)
    return of.length === 0 ? [] : [{ kind: 'title', section }, ...of.map((line): Item => ({ kind: 'line', line }))]
  })
}

/** How many of a section are seen, and of how many: the others do not fit the filters, or wait as new ones. */
function countWords(section: Line['section'], lines: Line[], now: Map<string, IncidentBody>, all: IncidentBody[]): string {
  const seen = lines.filter((l) => l.section === section && now.get(l.id)?.status === section).length
  const total = all.filter((i) => i.status === section).length
  return seen === total ? String(seen) : `${seen} of ${total}`
}

interface Props {
  list: IncidentBody[]
  all: IncidentBody[]
  me: Me | undefined
  /** Told whether lines keep their places now, and so what is above them its height. */
  hold: (held: boolean) => void
  /** Stands where no line does. */
  children: ReactNode
}

/** The incidents. None moves while somebody points at them, has one open or picked. */
export function List({ list, all, me, hold, children }: Props) {
  const { pointed, point } = usePointed()
  const [opened, open] = useState<ReadonlySet<string>>(nothing)
  const [picked, pick] = useState<ReadonlySet<string>>(nothing)
  const [at, move] = useState<string | undefined>()
  const held = pointed || opened.size > 0 || picked.size > 0 || at !== undefined
  const { lines, now, fresh, settle } = useSteady(list, held)
  useEffect(() => hold(held), [hold, held])
  const show = () => {
    settle()
    scrollTo({ top: 0 })
  }
  const toggle = useCallback((id: string) => open((set) => toggled(set, id)), [])
  const choose = useCallback((id: string) => pick((set) => toggled(set, id)), [])
  const none = useCallback(() => pick(nothing), [])
  const [choosing, offer] = useState(false)
  return (
    <>
      {lines.length === 0 ? (
        children
      ) : (
        <p className="-mb-2 flex justify-end sm:hidden">
          <Button
            look="quiet"
            aria-pressed={choosing}
            onClick={() => {
              offer(!choosing)
              none()
            }}
          >
            {choosing ? 'Select none' : 'Select several'}
          </Button>
        </p>
      )}
      <Fresh list={fresh} show={show} />
      <div
        onPointerEnter={(e) => point(e, true)}
        onPointerLeave={(e) => point(e, false)}
        onFocus={(e) => move((e.target as HTMLElement).closest<HTMLElement>('[data-line]')?.dataset['line'] ?? at)}
        onBlur={(e) => (e.currentTarget.contains(e.relatedTarget) ? undefined : move(undefined))}
      >
        <Lines lines={lines} all={all} now={now} me={me} opened={opened} picked={picked} choosing={choosing} at={at} toggle={toggle} pick={choose} none={none} />
      </div>
      <Picked list={[...picked].flatMap((id) => now.get(id) ?? [])} me={me} all={() => pick(new Set(lines.map((l) => l.id)))} none={none} />
    </>
  )
}

/** After a finger has left the list the next one is on its way: so long lines keep their places. */
const afterTouch = 10_000

/** Whether somebody points at the list, or has just touched it. */
function usePointed() {
  const [pointed, set] = useState(false)
  const due = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const point = useCallback((e: { pointerType: string }, is: boolean) => {
    clearTimeout(due.current)
    if (is || e.pointerType === 'mouse') set(is)
    else due.current = setTimeout(() => set(false), afterTouch)
  }, [])
  useEffect(() => () => clearTimeout(due.current), [])
  return { pointed, point }
}

const nothing: ReadonlySet<string> = new Set()

const toggled = (set: ReadonlySet<string>, id: string): ReadonlySet<string> => (set.has(id) ? new Set([...set].filter((o) => o !== id)) : new Set([...set, id]))

interface LinesProps {
  lines: Line[]
  all: IncidentBody[]
  now: Map<string, IncidentBody>
  me: Me | undefined
  opened: ReadonlySet<string>
  picked: ReadonlySet<string>
  choosing: boolean
  at: string | undefined
  toggle: (id: string) => void
  pick: (id: string) => void
  none: () => void
}

/** As high as the toolbar is at most, where a list has a keyboard. */
const toolbar = 136

/** Only those in sight are drawn. */
function Lines({ lines, all, now, me, opened, picked, choosing, at, toggle, pick, none }: LinesProps) {
  const box = useRef<HTMLUListElement>(null)
  const items = useMemo(() => itemsOf(lines), [lines])
  const { sending, acknowledge } = useAcknowledge()
  const unsent = new Set(useUnsent(me).flatMap((u) => (u.doubt === undefined ? u.act.ids : [])))
  const margin = useOffset(box)
  const rows = useWindowVirtualizer({
    count: items.length,
    estimateSize: (n) => (items[n]?.kind === 'title' ? 36 : 41),
    getItemKey: (n) => (items[n]?.kind === 'line' ? (items[n] as { line: Line }).line.id : n),
    overscan: 4,
    scrollMargin: margin,
    scrollPaddingEnd: picked.size > 0 ? toolbar : 0,
  })
  const wanted = useRef<string | undefined>(undefined)
  const go = (by: 1 | -1) => {
    const from = at === undefined ? undefined : lines.findIndex((l) => l.id === at)
    const to = lines[Math.min(lines.length - 1, Math.max(0, from === undefined ? (by > 0 ? 0 : lines.length - 1) : from + by))]?.id
    if (to === undefined) return
    wanted.current = to
    rows.scrollToIndex(items.findIndex((i) => i.kind === 'line' && i.line.id === to), { align: 'auto' })
    focus()
  }
  // The line gets the focus once it is drawn.
  const focus = () => {
    if (wanted.current === undefined) return
    const line = [...(box.current?.querySelectorAll<HTMLElement>('[data-line]') ?? [])].find((l) => l.dataset['line'] === wanted.current)
    if (line === undefined) return
    wanted.current = undefined
    line.focus({ preventScroll: true })
  }
  useLayoutEffect(focus)
  // The toolbar comes over the foot of the page, where the line may be that was picked.
  const covered = picked.size > 0 && at !== undefined
  useEffect(() => {
    if (covered) rows.scrollToIndex(items.findIndex((i) => i.kind === 'line' && i.line.id === at), { align: 'auto' })
  }, [covered]) // when it comes, and not at each step: that is `go`
  useListKeys({ me, go, now, at, picked, pick, none })
  const drawn = rows.getVirtualItems()
  const last = drawn.at(-1)
  return (
    <ul ref={box} aria-label="Incidents" style={{ paddingTop: (drawn[0]?.start ?? margin) - margin, paddingBottom: rows.getTotalSize() - ((last?.end ?? margin) - margin) }}>
      {drawn.map((v) => {
        const item = items[v.index]
        if (item === undefined) return null
        return (
          <li key={v.key} data-index={v.index} ref={rows.measureElement}>
            {item.kind === 'title' ? (
              <h2 className="border-b border-line pt-3 pb-1 text-sm font-semibold text-muted">
                {titles[item.section]} <span className="font-normal">{countWords(item.section, lines, now, all)}</span>
              </h2>
            ) : (
              <Row
                incident={now.get(item.line.id) ?? item.line.was}
                gone={!now.has(item.line.id)}
                me={me}
                open={opened.has(item.line.id)}
                picked={picked.has(item.line.id)}
                sending={sending.has(item.line.id) || unsent.has(item.line.id)}
                choosing={choosing}
                toggle={toggle}
                pick={pick}
                acknowledge={acknowledge}
              />
            )}
          </li>
        )
      })}
    </ul>
  )
}

/** Acknowledges single lines, and says which are on their way: one for the whole list, as lines come and go. */
function useAcknowledge() {
  const { mutate } = useAct()
  const [sending, mark] = useState<ReadonlySet<string>>(nothing)
  const acknowledge = useCallback(
    (id: string) => {
      mark((set) => new Set([...set, id]))
      void mutate({ do: 'acknowledge', ids: [id] }).then(() => mark((set) => new Set([...set].filter((o) => o !== id))))
    },
    [mutate],
  )
  return { sending, acknowledge }
}

/** Where the list begins on the page; looked at when the page's height changes, not at each step of scrolling. */
function useOffset(box: React.RefObject<HTMLElement | null>): number {
  const [margin, set] = useState(0)
  useLayoutEffect(() => {
    const look = () => set(box.current === null ? 0 : Math.round(box.current.getBoundingClientRect().top + scrollY))
    look()
    const watch = new ResizeObserver(look)
    watch.observe(document.body)
    return () => watch.disconnect()
  }, [box])
  return margin
}

interface Keys {
  me: Me | undefined
  go: (by: 1 | -1) => void
  now: Map<string, IncidentBody>
  at: string | undefined
  picked: ReadonlySet<string>
  pick: (id: string) => void
  none: () => void
}

/** Keys act on what is picked, else on the line that has the focus. */
function useListKeys({ me, go, now, at, picked, pick, none }: Keys) {
  const act = useAct()
  const ask = useAsk()
  const navigate = useNavigate()
  const these = useCallback(() => (picked.size > 0 ? [...picked] : at === undefined ? [] : [at]).flatMap((id) => now.get(id) ?? []), [picked, at, now])
  const workable = () => these().filter((i) => incidentCan.work(me, i) === undefined)
  const directed = () => these().filter((i) => incidentCan.direct(me, i) === undefined)
  useHotkeys([
    { keys: 'j', does: 'Next incident', run: () => go(1) },
    { keys: 'k', does: 'Previous incident', run: () => go(-1) },
    { keys: 'o', does: 'Open its page', run: () => (at === undefined ? undefined : void navigate({ to: '/i/$ref', params: { ref: String(now.get(at)?.number ?? at) } })) },
    {
      keys: 'a',
      does: 'Acknowledge',
      run: () => {
        const ids = these().flatMap((i) => (incidentCan.acknowledge(me, i) === undefined ? i.id : []))
        if (ids.length > 0) act.mutate({ do: 'acknowledge', ids }, { onSuccess: none })
      },
    },
    { keys: 'e', does: 'Pass on', run: () => ask({ about: 'pass-on', incidents: directed() }) },
    { keys: 's', does: 'Snooze', run: () => ask({ about: 'snooze', incidents: directed() }) },
    { keys: 'r', does: 'Resolve', run: () => ask({ about: 'resolve', incidents: workable() }) },
    { keys: 'p', does: 'Set the priority', run: () => ask({ about: 'priority', incidents: workable() }) },
    { keys: 'm', does: 'Merge', run: () => ask({ about: 'merge', incidents: workable() }) },
    { keys: 'x', does: 'Select', run: () => (at === undefined ? undefined : pick(at)) },
    { keys: 'Escape', does: 'Select nothing', run: none },
  ])
}

/** "3 new ↑": shown when wanted. It floats over the first heading: where it comes, nothing moves. */
function Fresh({ list, show }: { list: IncidentBody[]; show: () => void }) {
  useHotkeys([{ keys: 'u', does: 'Show new incidents', run: show }])
  const critical = list.some((i) => i.severity === 'critical')
  return (
    <p role="status" className="sticky top-2 z-10 flex h-0 justify-center">
      {list.length === 0 ? null : (
        <Button onClick={show} className={`self-start shadow-lg ${critical ? 'border-critical text-critical' : ''}`}>
          {list.length} new ↑
        </Button>
      )}
    </p>
  )
}
