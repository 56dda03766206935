import { Link } from '@tanstack/react-router'
import { memo, type KeyboardEvent } from 'react'

import { useAsk } from '@/features/incident/ask'
import { incidentCan } from '@/features/incident/can'
import { safeLink } from '@/features/incident/labels'
import { Named } from '@/features/incident/named'
import { Next, Sentence } from '@/features/incident/sentence'
import type { IncidentBody, Me } from '@/shared/api/client'
import { Age, At } from '@/shared/ui/age'
import { Button, SendButton } from '@/shared/ui/button'
import { Labels } from '@/shared/ui/labels'
import { Severity } from '@/shared/ui/severity'

interface Props {
  incident: IncidentBody
  gone: boolean // resolved, or fits the filters no more, since the line got its place
  me: Me | undefined
  open: boolean
  picked: boolean
  sending: boolean
  choosing: boolean // the boxes are seen on a phone, too
  toggle: (id: string) => void
  pick: (id: string) => void
  acknowledge: (id: string) => void
}

/** One incident of a list; it opens in place. */
export const Row = memo(function Row({ incident: was, gone, me, open, picked, sending, choosing, toggle, pick, acknowledge }: Props) {
  const i = gone ? { ...was, status: 'resolved' as const } : was
  const acked = i.status === 'acknowledged'
  return (
    <div className={`border-b border-line ${gone ? 'opacity-60' : ''} ${picked ? 'bg-surface' : ''}`}>
      <div className="flex items-center gap-x-2 py-1 lg:min-h-9 lg:py-0.5">
        <label className={`min-h-12 min-w-8 items-center justify-center px-1 sm:flex lg:min-h-9 ${choosing ? 'flex' : 'hidden'}`}>
          <input type="checkbox" className="size-4" checked={picked} onChange={() => pick(i.id)} aria-label={`Select #${i.number}`} />
        </label>
        <button
          type="button"
          data-line={i.id}
          aria-expanded={open}
          onClick={() => toggle(i.id)}
          onKeyDown={(e: KeyboardEvent) => (e.key === ' ' ? e.preventDefault() : undefined)}
          className="flex min-h-12 min-w-0 grow flex-wrap items-center gap-x-3 py-1 text-left lg:min-h-8 lg:flex-nowrap lg:py-0"
        >
          <span className="flex w-full min-w-0 gap-x-3 whitespace-nowrap lg:contents">
            <span className="shrink-0 lg:w-18">
              <Severity severity={i.severity} outline={i.status !== 'open'} />
            </span>
            <span className="shrink-0 text-muted lg:order-3">
              #{i.number} · <Age since={i.opened_at} />
            </span>
            {acked ? <Owner incident={i} /> : gone ? <span className="lg:order-2">{i.status}</span> : null}
          </span>
          <span className="line-clamp-2 w-full min-w-0 grow lg:order-1 lg:line-clamp-none lg:w-0 lg:min-w-2/5 lg:truncate">
            {i.priority === '' ? null : <span className="mr-2 font-semibold">{i.priority}</span>}
            <Named incident={i} />
          </span>
          {i.status === 'open' ? <Waiting incident={i} /> : null}
        </button>
        {i.status === 'open' ? (
          <SendButton kept short look="primary" className="w-18 shrink-0" sending={sending} why={incidentCan.acknowledge(me, i)} onClick={() => acknowledge(i.id)} aria-label={`Ack #${i.number}`}>
            Ack
          </SendButton>
        ) : null}
      </div>
      {open ? <Opened incident={i} me={me} /> : null}
    </div>
  )
})

/** Who has it, and until when it may wait. */
function Owner({ incident: i }: { incident: IncidentBody }) {
  return (
    <>
      {i.snoozed_until === null ? null : (
        <span className="hidden shrink-0 text-muted lg:order-2 lg:inline">
          snoozed until <At time={i.snoozed_until} />
        </span>
      )}
      <bdi className="min-w-0 truncate lg:order-2 lg:max-w-40 lg:shrink-0">{i.assignee}</bdi>
    </>
  )
}

/** Who is being paged, and who is next in how long: where there is no room for all of it, the names give way. */
function Waiting({ incident: i }: { incident: IncidentBody }) {
  const names = (i.paging ?? []).map((p) => p.name)
  if (!i.exhausted && names.length === 0 && (i.next === null || i.next === undefined)) return null
  return (
    <span className="flex w-full min-w-0 gap-x-3 whitespace-nowrap lg:order-2 lg:w-auto lg:max-w-2/5">
      {i.exhausted ? <strong className="shrink-0 text-critical">Nobody answered</strong> : names.length > 0 ? <bdi className="max-w-1/2 shrink-0 truncate">paging {names.join(', ')}</bdi> : null}
      <Next incident={i} short />
    </span>
  )
}

function Opened({ incident: i, me }: { incident: IncidentBody; me: Me | undefined }) {
  const ask = useAsk()
  const runbook = safeLink(i.runbook_url)
  const work = incidentCan.work(me, i)
  const direct = incidentCan.direct(me, i)
  return (
    <div className="mb-2 rounded-md border border-line bg-surface px-4 py-3 sm:ml-8">
      <p className="font-medium">
        <bdi>{i.title}</bdi>
      </p>
      <Sentence incident={i} />
      <Labels labels={i.source_alert.labels} />
      <p className="mt-3 flex flex-wrap items-center gap-2">
        <Link to="/i/$ref" params={{ ref: String(i.number) }} className="inline-flex min-h-9 items-center px-1 underline">
          Open #{i.number}
        </Link>
        {runbook === undefined ? null : (
          <a href={runbook} target="_blank" rel="noreferrer noopener" className="inline-flex min-h-9 items-center px-1 underline">
            Runbook
          </a>
        )}
        <span className="grow text-muted">{i.alerts_count} {i.alerts_count === 1 ? 'alert' : 'alerts'}</span>
        <Button why={direct} onClick={() => ask({ about: 'pass-on', incidents: [i] })}>
          Pass on
        </Button>
        <Button why={direct} onClick={() => ask({ about: 'snooze', incidents: [i] })}>
          Snooze
        </Button>
        <Button why={work} onClick={() => ask({ about: 'resolve', incidents: [i] })}>
          Resolve
        </Button>
      </p>
    </div>
  )
}
