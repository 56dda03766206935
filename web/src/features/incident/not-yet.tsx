import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'

import { sessionQuery } from '@/shared/api/session'
import { useLive } from '@/shared/live/provider'
import { At } from '@/shared/ui/age'
import { Button, useOnline } from '@/shared/ui/button'
import { Dialog } from '@/shared/ui/dialog'
import { useToasts } from '@/shared/ui/toast'
import { not, stillPaged } from './act'
import { unresolvedQuery } from './board'
import { isPaged } from './can'
import { sendUnsent, useBeingSent } from './send-unsent'
import { affirm, forgetUnsent, useUnsent, type Unsent } from './unsent'

const mostNamed = 5

/** What was told without a connection and is not done yet. It is sent when there is one again, whichever page is open. */
export function NotYet() {
  const queries = useQueryClient()
  const { data: me } = useQuery(sessionQuery)
  const list = useUnsent(me)
  const online = useOnline()
  const { state } = useLive()
  const waiting = list.filter((u) => u.doubt === undefined).length
  useEffect(() => {
    if (waiting === 0) return
    void sendUnsent(queries)
    const again = setInterval(() => void sendUnsent(queries), 10_000) // the stream may be well while the server is not, or the other way round
    return () => clearInterval(again)
  }, [online, state, waiting, queries])
  useOver()
  const lines = list.map((u) => <Line key={u.key} unsent={u} />)
  return lines.length < 2 ? lines : <Folded doubtful={list.length - waiting}>{lines}</Folded>
}

/** Several take one line: a phone has no room for more, and each is in a list that opens. */
function Folded({ doubtful, children }: { doubtful: number; children: ReactNode[] }) {
  const [open, show] = useState(false)
  const close = () => show(false)
  return (
    <section aria-label="Not sent yet" className="flex items-center gap-x-2 rounded-md border border-warning bg-surface p-3 shadow-lg over:hidden">
      <p role="status" className="grow font-semibold text-warning">
        NOT sent yet: {children.length} are waiting{doubtful > 0 ? `, ${doubtful} for your word` : ''}.
      </p>
      <Button onClick={() => show(true)}>Show</Button>
      <Dialog title="Not sent yet" open={open} close={close}>
        <div className="flex flex-col gap-2">{children}</div>
      </Dialog>
    </section>
  )
}

/** What was said of incidents of which somebody is paged goes when that is so of none any more. */
function useOver(): void {
  const { toasts, close } = useToasts()
  const { data, dataUpdatedAt } = useQuery(unresolvedQuery)
  useEffect(() => {
    for (const { id, data: said } of toasts) {
      if (said === undefined || said.open.length === 0 || data === undefined || dataUpdatedAt <= said.at) continue
      if (!data.some((i) => isPaged(i) && said.open.includes(i.id))) close(id)
    }
  }, [toasts, close, data, dataUpdatedAt])
}

function Line({ unsent: { key, act, at, was, perhaps, doubt } }: { unsent: Unsent }) {
  const queries = useQueryClient()
  const sent = useBeingSent(key)
  const named = was.slice(0, mostNamed).map((i) => `#${i.number}`).join(', ')
  const waits =
    perhaps === true
      ? 'It was sent and nothing was answered: it may have arrived. It is sent again when there is a connection.'
      : `It is sent when there is a connection.${stillPaged(act.do, was).length > 0 ? ' Until then escalation goes on.' : ''}`
  const more = act.ids.length - Math.min(was.length, mostNamed)
  return (
    <section aria-label="Not sent yet" className="flex flex-wrap items-center gap-x-2 rounded-md border border-warning bg-surface p-3 shadow-lg">
      <p role="status" className="grow">
        <strong className="text-warning">
          {not(act.do)} yet: {named}
          {more > 0 ? ` ${named === '' ? '' : 'and '}${more} more` : ''}.
        </strong>{' '}
        {sent ? 'Sending…' : (doubt ?? waits)} (<At time={new Date(at).toISOString()} />)
      </p>
      {doubt === undefined ? null : <Button onClick={() => affirm(queries, key)}>Send it now</Button>}
      <Button look="quiet" why={sent ? 'It is being sent' : undefined} onClick={() => forgetUnsent(key)}>
        Take it back
      </Button>
    </section>
  )
}
