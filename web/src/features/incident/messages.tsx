import { useQuery } from '@tanstack/react-query'

import { Failed } from '@/shared/ui/states'
import { MessageLines } from './message-lines'
import { messagesQuery } from './queries'

/** Every message that told of it. Folded: it is for doubts. */
export function Messages({ id }: { id: string }) {
  const query = messagesQuery(id)
  const { data, error, refetch } = useQuery(query)
  if (error !== null && data === undefined) return <Failed error={error} retry={() => void refetch()} />
  if (data === undefined || data.length === 0) return null
  return (
    <details className="mt-6">
      <summary className="min-h-9 cursor-pointer font-semibold">Messages: {data.length}</summary>
      <MessageLines messages={data} of={query.queryKey} />
    </details>
  )
}
