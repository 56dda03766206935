import { useQuery } from '@tanstack/react-query'

import { usersQuery } from '@/shared/api/directory'
import { At } from '@/shared/ui/age'
import { Failed } from '@/shared/ui/states'
import { messagesQuery } from './queries'
import { kindName, statusWord } from './told'

/** Every message that told of it: to whom, by what, which attempt, what the provider said. Folded: it is for doubts. */
export function Messages({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(messagesQuery(id))
  const { data: users } = useQuery(usersQuery)
  if (error !== null && data === undefined) return <Failed error={error} retry={() => void refetch()} />
  if (data === undefined || data.length === 0) return null
  return (
    <details className="mt-6">
      <summary className="min-h-9 cursor-pointer font-semibold">Messages: {data.length}</summary>
      <ul className="mt-1 divide-y divide-line border-y border-line">
        {data.map((m) => (
          <li key={m.id} className="py-2">
            <p className="flex flex-wrap gap-x-3">
              <span className={m.status === 'failed' || m.status === 'expired' ? 'font-medium text-error' : 'font-medium'}>
                {kindName(m.kind)} {statusWord(m.status)}
              </span>
              <span>
                <bdi>{users?.find((u) => u.id === m.recipient)?.name ?? m.recipient}</bdi> <bdi className="text-muted">{m.to}</bdi>
              </span>
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
            </p>
            {m.detail === undefined ? null : (
              <p className="text-muted">
                <bdi>{m.detail}</bdi>
              </p>
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}
