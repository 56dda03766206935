import { Link } from '@tanstack/react-router'

import { useAct } from '@/features/incident/act'
import { pageNow, type IncidentBody, type UserBody } from '@/shared/api/client'
import { useNow } from '@/shared/lib/now'
import { duration } from '@/shared/lib/time'
import { useSend } from '@/shared/lib/use-send'
import { SendButton } from '@/shared/ui/button'
import { useKept } from './progress'

/** Has oneself paged, in earnest, and sees how long it took to answer. */
export function PageMe({ me, incident: i }: { me: UserBody; incident: IncidentBody | undefined }) {
  const [kept, keep] = useKept()
  const now = useNow()
  const { mutate: act, isPending } = useAct()
  const page = useSend({
    mutationFn: async () => (await pageNow({ body: { title: 'A first page: answer it where it finds you', to: [{ user: me.id }], severity: 'critical' } })).data,
    onSuccess: (r) => (r.number === undefined ? undefined : keep({ ...kept, page: r.number })),
  })
  const answered = i !== undefined && i.acknowledged_at !== null
  return (
    <>
      <p>A real page, by your own rules for what is urgent. Acknowledge it where it finds you: by the link in it.</p>
      {page.error === null ? null : (
        <p role="alert" className="font-medium text-error">
          NOT paged: {page.error.message}
        </p>
      )}
      {i === undefined ? null : (
        <p role="status" className={`my-2 font-medium ${answered ? 'text-good' : ''}`}>
          {answered && i.acknowledged_at !== null
            ? `Answered in ${duration(Date.parse(i.acknowledged_at) - Date.parse(i.opened_at))} ✓`
            : i.status === 'resolved'
              ? 'Resolved before you answered.'
              : `On its way for ${duration(now - Date.parse(i.opened_at))}…`}{' '}
          <Link to="/i/$ref" params={{ ref: String(i.number) }} className="font-normal text-text underline">
            #{i.number}: by what, and what became of it
          </Link>
        </p>
      )}
      <div className="mt-2 flex flex-wrap gap-2">
        <SendButton look={answered ? 'plain' : 'primary'} sending={page.isPending} onClick={() => page.mutate()}>
          {i === undefined ? 'Page me now' : 'Page me again'}
        </SendButton>
        {answered && i.status !== 'resolved' ? (
          <SendButton kept sending={isPending} onClick={() => act({ do: 'resolve', ids: [i.id] })}>
            It is over: resolve it
          </SendButton>
        ) : null}
      </div>
    </>
  )
}
