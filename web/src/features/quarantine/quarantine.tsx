import { infiniteQueryOptions, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'

import { directoryCan } from '@/features/directory/can'
import { dismissQuarantined, listQuarantine, type QuarantinedBody } from '@/shared/api/client'
import { integrationsQuery } from '@/shared/api/directory'
import { keys } from '@/shared/api/keys'
import { sessionQuery } from '@/shared/api/session'
import { useSend } from '@/shared/lib/use-send'
import { At } from '@/shared/ui/age'
import { Button, SendButton } from '@/shared/ui/button'
import { Page } from '@/shared/ui/page'
import { Empty, Failed, Loading } from '@/shared/ui/states'
import { say } from '@/shared/ui/toast'

const most = 50

const quarantineQuery = infiniteQueryOptions({
  queryKey: keys.quarantine,
  queryFn: async ({ pageParam, signal }) => (await listQuarantine({ query: { limit: most, ...(pageParam === '' ? {} : { before: pageParam }) }, signal })).data.quarantined ?? [],
  initialPageParam: '',
  getNextPageParam: (last) => (last.length < most ? undefined : last.at(-1)?.at),
})

/** What came and cannot be an alert: nothing that was answered with 2xx is lost. */
export function Quarantine() {
  const { data: me } = useQuery(sessionQuery)
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(quarantineQuery)
  const list = data?.pages.flat()
  const dismiss = useDismiss()
  const why = directoryCan.edit(me)
  const all = list === undefined || list.length === 0 ? null : (
    <SendButton why={why} sending={dismiss.isPending} onClick={() => dismiss.mutate(list.slice(0, 500).map((q) => q.id))}>
      {list.length === 1 ? 'Dismiss it' : `Dismiss these ${Math.min(list.length, 500)}`}
    </SendButton>
  )
  return (
    <Page title="Quarantine" actions={all}>
      {error !== null && list === undefined ? <Failed error={error} retry={() => void refetch()} /> : null}
      {list === undefined && error === null ? <Loading /> : null}
      {list?.length === 0 ? <Empty title="Nothing is in quarantine">What comes by an integration and cannot be an alert is kept here, with what is wrong with it.</Empty> : null}
      {list?.map((q) => (
        <One key={q.id} quarantined={q} why={why} sending={dismiss.isPending} dismiss={() => dismiss.mutate([q.id])} />
      ))}
      {hasNextPage ? (
        <div className="mt-4 text-center">
          <SendButton sending={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Older
          </SendButton>
        </div>
      ) : null}
    </Page>
  )
}

function useDismiss() {
  const queries = useQueryClient()
  return useSend({
    mutationFn: async (ids: string[]) => (await dismissQuarantined({ body: { ids } })).data,
    onSuccess: (done) => say(`Dismissed ${done.dismissed}`),
    onError: (error) => say(`NOT dismissed: ${error.message}`, 'failed'),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.quarantine }),
  })
}

function One({ quarantined: q, why, sending, dismiss }: { quarantined: QuarantinedBody; why: string | undefined; sending: boolean; dismiss: () => void }) {
  const { data: integrations } = useQuery(integrationsQuery)
  return (
    <article className="border-b border-line py-2">
      <div className="flex flex-wrap items-center gap-x-3">
        <strong className="min-w-0">
          <bdi>{q.reason}</bdi>
        </strong>
        <span className="grow text-muted">
          from <bdi>{integrations?.find((i) => i.id === q.integration)?.name ?? 'an integration that is gone'}</bdi>, <At time={q.at} />
        </span>
        <Button why={why ?? (sending ? 'One moment' : undefined)} onClick={dismiss}>
          Dismiss
        </Button>
      </div>
      <details>
        <summary className="min-h-9 cursor-pointer py-2 text-muted">What was received</summary>
        <pre tabIndex={0} className="max-h-96 overflow-auto rounded-md border border-line bg-surface p-3 font-mono text-xs whitespace-pre-wrap">
          {q.raw}
        </pre>
      </details>
    </article>
  )
}
