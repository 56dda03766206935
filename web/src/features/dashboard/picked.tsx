import { useAct } from '@/features/incident/act'
import { useAsk } from '@/features/incident/ask'
import { incidentCan, mostMerged } from '@/features/incident/can'
import type { IncidentBody, Me } from '@/shared/api/client'
import { Button, SendButton } from '@/shared/ui/button'

/** What can be done with all that is picked. */
export function Picked({ list, me, all, none }: { list: IncidentBody[]; me: Me | undefined; all: () => void; none: () => void }) {
  const act = useAct()
  const ask = useAsk()
  if (list.length === 0) return null
  const open = list.filter((i) => i.status === 'open')
  const work = incidentCan.work(me, { status: 'open' })
  const merge = work ?? (list.length < 2 ? 'Select the others, too' : list.length > mostMerged ? `At most ${mostMerged} at once` : undefined)
  return (
    <div role="toolbar" aria-label="With what is selected" className="sticky bottom-2 z-20 mt-2 flex flex-wrap items-center gap-2 rounded-md border border-line bg-surface p-2 shadow-lg">
      <span className="grow px-2 font-medium">{list.length} selected</span>
      <SendButton
        kept
        look="primary"
        sending={act.isPending}
        why={open[0] === undefined ? 'All of them are acknowledged' : incidentCan.acknowledge(me, open[0])}
        onClick={() => act.mutate({ do: 'acknowledge', ids: open.map((i) => i.id) }, { onSuccess: none })}
      >
        Acknowledge
      </SendButton>
      <Button why={work} onClick={() => ask({ about: 'resolve', incidents: list })}>
        Resolve
      </Button>
      <Button why={work} onClick={() => ask({ about: 'snooze', incidents: list })}>
        Snooze
      </Button>
      <Button why={merge} onClick={() => ask({ about: 'merge', incidents: list })}>
        Merge
      </Button>
      <Button why={work} onClick={() => ask({ about: 'priority', incidents: list })}>
        Priority
      </Button>
      <Button look="quiet" onClick={all}>
        Select all
      </Button>
      <Button look="quiet" onClick={none}>
        Clear
      </Button>
    </div>
  )
}
