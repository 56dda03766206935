import { useQuery, useQueryClient } from '@tanstack/react-query'

import { createLinkCode, listLinked, removeLinked } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { useSend } from '@/shared/lib/use-send'
import { Button, SendButton } from '@/shared/ui/button'
import { Snippet } from '@/shared/ui/copy'
import { lineLook, Lines } from '@/shared/ui/page'
import { Failed, Loading } from '@/shared/ui/states'
import { say } from '@/shared/ui/toast'

const linkedQuery = { queryKey: keys.linked, queryFn: async ({ signal }: { signal: AbortSignal }) => (await listLinked({ signal })).data }

/** What chats know somebody by: whoever presses a button there is them. */
export function Linked() {
  const client = useQueryClient()
  const { data, error, refetch } = useQuery(linkedQuery)
  const make = useSend({ mutationFn: async (kind: string) => (await createLinkCode({ body: { kind } })).data })
  const end = useSend({
    mutationFn: (path: { kind: string; id: string }) => removeLinked({ path }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.linked })
      say('You are not known there any more')
    },
  })
  if (data === undefined) return error === null ? <Loading /> : <Failed error={error} retry={() => void refetch()} />
  const label = (kind: string) => data.kinds?.find((k) => k.kind === kind)?.label ?? kind
  const failed = make.error ?? end.error
  return (
    <>
      {data.linked?.length === 0 ? <p className="mb-2 text-muted">Whoever presses a button in a shared channel must be known there. You are not yet.</p> : null}
      {data.linked === null || data.linked.length === 0 ? null : (
        <Lines label="Where chats know you">
          {data.linked.map((l) => (
            <li key={`${l.kind} ${l.id}`} className={lineLook}>
              <span className="grow">
                {label(l.kind)}: <bdi className="font-medium">{l.name === '' ? l.id : l.name}</bdi>
              </span>
              <Button onClick={() => end.mutate({ kind: l.kind, id: l.id })} aria-label={`Remove ${label(l.kind)}`}>
                Remove
              </Button>
            </li>
          ))}
        </Lines>
      )}
      <div className="mt-2 flex flex-wrap gap-2">
        {data.kinds?.map((k) => (
          <SendButton key={k.kind} sending={make.isPending} onClick={() => make.mutate(k.kind)}>
            Link my {k.label}
          </SendButton>
        ))}
        {data.kinds?.length === 0 ? <p className="text-muted">This server can send by no chat.</p> : null}
      </div>
      {make.data === undefined ? null : <Snippet label={`Write this in ${label(make.variables ?? '')}, within 15 minutes`} text={make.data.write} />}
      {failed === null ? null : (
        <p role="alert" className="mt-2 font-medium text-error">
          NOT done: {failed.message}
        </p>
      )}
    </>
  )
}
