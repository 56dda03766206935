import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import type { DependentBody } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { useSend } from '@/shared/lib/use-send'
import { Button, SendButton } from '@/shared/ui/button'
import { Dialog } from '@/shared/ui/dialog'
import { Failed, Loading } from '@/shared/ui/states'
import { say } from '@/shared/ui/toast'
import type { Why } from './can'
import { dependentsOf, kinds, type Kind } from './kinds'

interface Props {
  kind: Kind
  id: string
  name: string
  why: Why
}

/** Deletes one thing, after saying what depends on it. */
export function Delete(p: Props) {
  const [open, show] = useState(false)
  return (
    <>
      <Button why={p.why} onClick={() => show(true)}>
        Delete…
      </Button>
      <Dialog title={`Delete the ${kinds[p.kind].one} ${p.name}`} open={open} close={() => show(false)}>
        {open ? <Ask {...p} close={() => show(false)} /> : null}
      </Dialog>
    </>
  )
}

function Ask({ kind, id, name, close }: Props & { close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { data, error, refetch } = useQuery({ queryKey: [...keys.directory(kind), id, 'dependents'], queryFn: ({ signal }) => dependentsOf(kind, id, signal), staleTime: 0 })
  const remove = useSend({
    mutationFn: () => kinds[kind].remove({ path: { name: id } }),
    onSuccess: async () => {
      say(`Deleted ${name}`)
      close()
      await navigate({ to: kinds[kind].path, ignoreBlocker: true }) // what was typed is of nothing now
      await queries.invalidateQueries({ queryKey: keys.owned })
    },
  })
  if (error !== null && data === undefined) return <Failed error={error} retry={() => void refetch()} />
  if (data === undefined) return <Loading />
  const blocks = data.filter((d) => d.blocks)
  const rest = data.filter((d) => !d.blocks)
  return (
    <>
      {blocks.length > 0 ? (
        <>
          <p className="font-medium text-error">It cannot be deleted now: a page could fall through the hole.</p>
          <What list={blocks} of={{ kind, name }} />
        </>
      ) : rest.length > 0 ? (
        <>
          <p>What then happens:</p>
          <What list={rest} of={{ kind, name }} />
        </>
      ) : (
        <p>Nothing depends on it.</p>
      )}
      {remove.error === null ? null : (
        <p role="alert" className="mt-3 font-medium text-error">
          NOT deleted: {remove.error.message}
        </p>
      )}
      <div className="mt-4 flex gap-2">
        <SendButton look="primary" sending={remove.isPending} why={blocks.length > 0 ? 'Mend what stands above first' : undefined} onClick={() => remove.mutate()}>
          Delete
        </SendButton>
        <Button onClick={close}>Keep it</Button>
      </div>
    </>
  )
}

/** Incidents are a link away: they are looked at before it is done. */
function What({ list, of }: { list: DependentBody[]; of: { kind: Kind; name: string } }) {
  return (
    <ul className="mt-1 list-inside list-disc">
      {list.map((d) => (
        <li key={d.what}>
          {d.kind === 'incident' ? (
            <Link to="/" search={of.kind === 'user' ? { assignee: of.name } : { service: of.name }} className="underline">
              {d.what}
            </Link>
          ) : (
            <bdi>{d.what}</bdi>
          )}
        </li>
      ))}
    </ul>
  )
}
