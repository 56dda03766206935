import type { ReactNode } from 'react'

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
        {/* On a phone a line of its own, also where it is empty: of very many incidents the first view does not know it. */}
        <span className="block min-h-5 text-sm sm:inline sm:text-lg">
          {asked > 0 ? <Part>{asked} wait for you</Part> : null}
          {mine > 0 ? <Part>{mine} yours</Part> : null}
        </span>
      </h1>
      <span className="hidden sm:block">
        <Button look="quiet" aria-pressed={sound} onClick={() => ring(!sound)}>
          Sound {sound ? 'on' : 'off'}
        </Button>
      </span>
    </div>
  )
}

function Part({ children }: { children: ReactNode }) {
  return (
    <span className="mr-2 sm:mr-0">
      <span className="hidden sm:inline"> · </span>
      {children}
    </span>
  )
}
