import { queryOptions, useQuery } from '@tanstack/react-query'

import { MessageLines } from '@/features/incident/message-lines'
import { listChannelMessages } from '@/shared/api/client'
import { Failed } from '@/shared/ui/states'
import { Part } from '@/shared/ui/page'

const sentQuery = (id: string) =>
  queryOptions({
    queryKey: ['sent', id],
    queryFn: async ({ signal }) => (await listChannelMessages({ path: { name: id }, query: { limit: 50 }, signal })).data.messages ?? [],
    refetchInterval: 10_000,
  })

/** What was sent to a channel last, and what came of it. */
export function Sent({ id }: { id: string }) {
  const query = sentQuery(id)
  const { data, error, refetch } = useQuery(query)
  if (error !== null && data === undefined) return <Failed error={error} retry={() => void refetch()} />
  if (data === undefined) return null
  return <Part title="Messages">{data.length === 0 ? <p className="text-muted">Nothing was sent there yet.</p> : <MessageLines messages={data} of={query.queryKey} />}</Part>
}
