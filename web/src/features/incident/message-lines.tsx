import { useQuery, useQueryClient, type QueryKey } from '@tanstack/react-query'

import { sendMessageAgain, type MessageBody } from '@/shared/api/client'
import { usersQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { useSend } from '@/shared/lib/use-send'
import { At } from '@/shared/ui/age'
import { SendButton } from '@/shared/ui/button'
import { incidentCan } from './can'
import { kindName, statusWord } from './told'

const unsent = (m: MessageBody) => m.status === 'failed' || m.status === 'expired'

const known = new Set(['accepted', 'delivered', 'no_receipt', 'again'])

/** The provider took it and never said that it arrived; attempts that failed change nothing of that. */
const unconfirmed = (m: MessageBody) => m.status === 'accepted' && m.tries?.findLast((t) => known.has(t.outcome))?.outcome === 'no_receipt'

/** Messages: to whom, by what, which attempt, what the provider said; what reached nobody can be sent again. `of`: the query they are from. */
export function MessageLines({ messages, of }: { messages: MessageBody[]; of: QueryKey }) {
  const { data: users } = useQuery(usersQuery)
  return (
    <ul className="mt-1 divide-y divide-line border-y border-line">
      {messages.map((m) => (
        <li key={m.id} className="py-2">
          <p className="flex flex-wrap items-center gap-x-3">
            <span className={unsent(m) ? 'font-medium text-error' : 'font-medium'}>
              {kindName(m.kind)} {statusWord(m.status)}
            </span>
            <span>
              <bdi>{users?.find((u) => u.id === m.recipient)?.name}</bdi> <bdi className="text-muted">{m.to}</bdi>
            </span>
            {m.incidents === null || m.incidents.length === 0 ? null : <span>{m.incidents.map((n) => `#${String(n)}`).join(' ')}</span>}
            <At time={m.sent_at ?? m.created_at} className="text-muted" />
            <span className="text-muted">
              attempt {m.attempt}
              {m.may_repeat ? ', may have come twice' : ''}
              {m.digest ? ', a digest' : ''}
            </span>
            {m.next_at === null ? null : (
              <span className="text-muted">
                next attempt <At time={m.next_at} />
              </span>
            )}
            {(unsent(m) || unconfirmed(m)) && m.purpose !== 'test' ? <Again message={m} of={of} /> : null}
          </p>
          {m.detail === undefined ? null : (
            <p className="text-muted">
              <bdi>{m.detail}</bdi>
            </p>
          )}
        </li>
      ))}
    </ul>
  )
}

/** Names the attempt that was seen to fail: pressing twice sends once. */
function Again({ message: m, of }: { message: MessageBody; of: QueryKey }) {
  const { data: me } = useQuery(sessionQuery)
  const queries = useQueryClient()
  const send = useSend({
    mutationFn: () => sendMessageAgain({ path: { id: m.id }, body: { attempt: m.attempt } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: of }),
  })
  return (
    <>
      <SendButton short why={incidentCan.page(me)} sending={send.isPending} onClick={() => send.mutate()}>
        Send again
      </SendButton>
      {send.error === null ? null : (
        <span role="alert" className="font-medium text-error">
          NOT sent: {send.error.message}
        </span>
      )}
    </>
  )
}
