import { Menu } from '@base-ui/react/menu'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import type { IncidentBody } from '@/shared/api/client'
import { sessionQuery } from '@/shared/api/session'
import { useHotkeys } from '@/shared/lib/hotkeys'
import { useSettled } from '@/shared/lib/use-settled'
import { Button, SendButton } from '@/shared/ui/button'
import { useAct, type Act } from './act'
import { useAsk, type Question } from './ask'
import { incidentCan, type Why } from './can'
import { useUnsent } from './unsent'

const foot = 'fixed inset-x-0 bottom-0 z-10 flex gap-2 border-t border-line bg-surface p-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] lg:static lg:mt-4 lg:border-0 lg:bg-transparent lg:p-0'

// Its longer words, without a connection, take two lines: the others stay in sight.
const main = 'min-w-0 grow leading-tight whitespace-normal! lg:grow-0'

/** What was merged away goes on elsewhere: there is where one acts. */
export function GoesOn({ into }: { into: { number: number } }) {
  return (
    <div data-foot="" className={foot}>
      <Link to="/i/$ref" params={{ ref: String(into.number) }} className="inline-flex min-h-12 grow items-center justify-center rounded-md bg-action px-4 font-medium text-white lg:min-h-8 lg:grow-0 lg:px-3">
        Go to #{into.number}
      </Link>
    </div>
  )
}

/** Somebody asked for help: they say that they do, or that they want no more pages of it. */
export function Asked({ incident: i }: { incident: IncidentBody }) {
  const { data: me } = useQuery(sessionQuery)
  const act = useAct()
  const asked = (i.responders ?? []).find((r) => r.id === me?.user && r.answered_at === null)
  if (asked === undefined || i.status === 'resolved') return null
  return (
    <section aria-label="You were asked to help" className="mt-3 flex flex-wrap items-center gap-2 rounded-md border border-line bg-surface p-3">
      <p className="grow font-medium">
        <bdi>{asked.added_by}</bdi> asks you to help.
      </p>
      {i.status === 'acknowledged' ? (
        <SendButton kept look="primary" sending={act.isPending} onClick={() => act.mutate({ do: 'help', ids: [i.id] })}>
          I help
        </SendButton>
      ) : null}
      <SendButton kept sending={act.isPending} onClick={() => act.mutate({ do: 'stop-paging', ids: [i.id] })}>
        No more pages for me
      </SendButton>
    </section>
  )
}

/** What one can do, in reach of a thumb. */
export function Actions({ incident: i }: { incident: IncidentBody }) {
  const { data: me } = useQuery(sessionQuery)
  const act = useAct()
  const ask = useAsk()
  const waits = useUnsent(me).some((u) => u.doubt === undefined && u.act.ids.includes(i.id))
  const sending = act.isPending || waits
  const settled = useSettled(`${i.status} ${sending}`, false)
  const say = (what: Act['do'] & ('acknowledge' | 'renew' | 'take-over' | 'escalate' | 'reopen')) => act.mutate({ do: what, ids: [i.id] })
  const may = (why: Why, run: () => void) => () => (why === undefined ? run() : undefined)
  const about = (what: Question['about']) => () => ask({ about: what, incidents: [i] })
  const work = incidentCan.work(me, i)
  const direct = incidentCan.direct(me, i)
  useHotkeys([
    { keys: 'a', does: 'Acknowledge', run: may(incidentCan.acknowledge(me, i), () => say('acknowledge')), command: true },
    { keys: 'e', does: 'Pass on', run: may(direct, about('pass-on')), command: true },
    { keys: 's', does: 'Snooze', run: may(direct, about('snooze')), command: true },
    { keys: 'r', does: 'Resolve', run: may(work, about('resolve')), command: true },
    { keys: 'p', does: 'Set the priority', run: may(work, about('priority')), command: true },
    { keys: 'm', does: 'Merge', run: may(work, about('merge')), command: true },
    { keys: 'n', does: 'Write a note', run: may(incidentCan.note(me), about('note')), command: true },
  ])
  const mine = i.status === 'acknowledged' && i.assignee === me?.name
  const more: { text: string; why: Why; run: () => void }[] = [
    { text: 'Snooze…', why: direct, run: about('snooze') },
    mine ? { text: 'Acknowledge again: still on it', why: work, run: () => say('renew') } : { text: 'Take over', why: incidentCan.takeOver(me, i), run: () => say('take-over') },
    { text: 'Reassign…', why: direct, run: about('reassign') },
    { text: 'Ask somebody to help…', why: direct, run: about('add-responder') },
    { text: 'Escalate now', why: incidentCan.escalate(me, i), run: () => say('escalate') },
    { text: 'Priority…', why: work, run: about('priority') },
    { text: 'Merge…', why: work, run: about('merge') },
    { text: 'Write a note…', why: incidentCan.note(me), run: about('note') },
    { text: 'Resolve…', why: work, run: about('resolve') },
  ]
  return (
    <div data-foot="" className={foot}>
      {i.status === 'open' ? (
        <SendButton kept {...settled} look="primary" className={main} sending={sending} why={incidentCan.acknowledge(me, i)} onClick={() => say('acknowledge')}>
          Acknowledge
        </SendButton>
      ) : i.status === 'acknowledged' ? (
        <SendButton kept {...settled} look="primary" className={main} sending={sending} why={work} onClick={about('resolve')}>
          Resolve
        </SendButton>
      ) : (
        <SendButton kept {...settled} className={main} sending={sending} why={incidentCan.reopen(me)} onClick={() => say('reopen')}>
          Reopen
        </SendButton>
      )}
      {i.status === 'resolved' ? null : (
        <Button why={direct} onClick={about('pass-on')}>
          Pass on
        </Button>
      )}
      <Menu.Root>
        <Menu.Trigger render={<Button aria-label="More" className="px-5" />}>⋯</Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner sideOffset={8} align="end" className="z-30">
            <Menu.Popup data-over="" className="max-h-(--available-height) min-w-56 overflow-y-auto overscroll-contain rounded-md border border-line bg-ground py-1 shadow-xl">
              {more.map((m) => (
                <Menu.Item
                  key={m.text}
                  aria-disabled={m.why === undefined ? undefined : true}
                  title={m.why}
                  onClick={may(m.why, m.run)}
                  className="flex min-h-12 cursor-default flex-col justify-center px-4 data-highlighted:bg-surface lg:min-h-9"
                >
                  <span className={m.why === undefined ? '' : 'line-through'}>{m.text}</span>
                  {m.why === undefined ? null : <span className="text-xs text-muted">{m.why}</span>}
                </Menu.Item>
              ))}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </div>
  )
}
