import type { IncidentBody, Me } from '@/shared/api/client'
import { useStored } from '@/shared/lib/stored'
import { Button } from '@/shared/ui/button'

/** How it stands, in one line. */
export function Strip({ list, me }: { list: IncidentBody[]; me: Me | undefined }) {
  const [sound, ring] = useStored('sound', false)
  const open = list.filter((i) => i.status === 'open')
  const acked = list.length - open.length
  const mine = me === undefined ? 0 : list.filter((i) => i.assignee === me.name).length
  const asked = me?.user === undefined ? 0 : open.filter((i) => (i.paging ?? []).some((p) => p.id === me.user)).length
  return (
    <div className="flex flex-wrap items-center gap-x-3">
      <h1 className="grow text-lg font-semibold">
        <span className={open.length > 0 ? 'text-critical' : ''}>{open.length} unacked</span> · {acked} acked
        {asked > 0 ? ` · ${asked} wait for you` : ''}
        {mine > 0 ? ` · ${mine} yours` : ''}
      </h1>
      <span className="hidden sm:block">
        <Button look="quiet" aria-pressed={sound} onClick={() => ring(!sound)}>
          Sound {sound ? 'on' : 'off'}
        </Button>
      </span>
    </div>
  )
}
