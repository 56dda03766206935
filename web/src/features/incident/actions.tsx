import { Menu } from '@base-ui/react/menu'
import { useQuery } from '@tanstack/react-query'

import type { IncidentBody } from '@/shared/api/client'
import { sessionQuery } from '@/shared/api/session'
import { useHotkeys } from '@/shared/lib/hotkeys'
import { Button, SendButton } from '@/shared/ui/button'
import { useAct, type Act } from './act'
import { useAsk } from './ask'
import { incidentCan, type Why } from './can'

/** What one can do, in reach of a thumb. */
export function Actions({ incident: i }: { incident: IncidentBody }) {
  const { data: me } = useQuery(sessionQuery)
  const act = useAct()
  const ask = useAsk()
  const sending = act.isPending
  const say = (what: Act['do'] & ('acknowledge' | 'take-over' | 'escalate' | 'reopen' | 'stop-paging')) => act.mutate({ do: what, ids: [i.id] })
  const may = (why: Why, run: () => void) => () => (why === undefined ? run() : undefined)
  const work = incidentCan.work(me, i)
  useHotkeys([
    { keys: 'a', does: 'Acknowledge', run: may(incidentCan.acknowledge(me, i), () => say('acknowledge')) },
    { keys: 'e', does: 'Pass on', run: may(work, () => ask({ about: 'pass-on', incidents: [i] })) },
    { keys: 's', does: 'Snooze', run: may(work, () => ask({ about: 'snooze', incidents: [i] })) },
    { keys: 'r', does: 'Resolve', run: may(work, () => ask({ about: 'resolve', incidents: [i] })) },
    { keys: 'n', does: 'Write a note', run: may(incidentCan.note(me), () => ask({ about: 'note', incidents: [i] })) },
  ])
  const helps = (i.responders ?? []).some((r) => r.id === me?.user && r.answered_at === null)
  const more: { text: string; why: Why; run: () => void }[] = [
    { text: 'Snooze…', why: work, run: () => ask({ about: 'snooze', incidents: [i] }) },
    { text: 'Take over', why: incidentCan.takeOver(me, i), run: () => say('take-over') },
    { text: 'Reassign…', why: work, run: () => ask({ about: 'reassign', incidents: [i] }) },
    { text: 'Ask somebody to help…', why: work, run: () => ask({ about: 'add-responder', incidents: [i] }) },
    { text: 'Escalate now', why: incidentCan.escalate(me, i), run: () => say('escalate') },
    ...(helps ? [{ text: 'No more pages for me', why: undefined, run: () => say('stop-paging') }] : []),
    { text: 'Write a note…', why: incidentCan.note(me), run: () => ask({ about: 'note', incidents: [i] }) },
    { text: 'Resolve…', why: work, run: () => ask({ about: 'resolve', incidents: [i] }) },
  ]
  return (
    <div className="fixed inset-x-0 bottom-0 z-10 flex gap-2 border-t border-line bg-surface p-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] lg:static lg:mt-4 lg:border-0 lg:bg-transparent lg:p-0">
      {i.status === 'open' ? (
        <SendButton look="primary" className="grow lg:grow-0" sending={sending} why={incidentCan.acknowledge(me, i)} onClick={() => say('acknowledge')}>
          Acknowledge
        </SendButton>
      ) : i.status === 'acknowledged' ? (
        <SendButton look="primary" className="grow lg:grow-0" sending={sending} why={work} onClick={() => ask({ about: 'resolve', incidents: [i] })}>
          Resolve
        </SendButton>
      ) : (
        <SendButton className="grow lg:grow-0" sending={sending} why={incidentCan.reopen(me)} onClick={() => say('reopen')}>
          Reopen
        </SendButton>
      )}
      {i.status === 'resolved' ? null : (
        <Button why={work} onClick={() => ask({ about: 'pass-on', incidents: [i] })}>
          Pass on
        </Button>
      )}
      <Menu.Root>
        <Menu.Trigger render={<Button aria-label="More" className="px-5" />}>⋯</Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner sideOffset={8} align="end" className="z-30">
            <Menu.Popup data-over="" className="min-w-56 rounded-md border border-line bg-ground py-1 shadow-xl">
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
