import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { createToken, listTokens, revokeToken, type Me, type TokenBody } from '@/shared/api/client'
import { usersQuery } from '@/shared/api/directory'
import { keys } from '@/shared/api/keys'
import { sessionQuery } from '@/shared/api/session'
import { useNow } from '@/shared/lib/now'
import { useSend } from '@/shared/lib/use-send'
import { Age, At } from '@/shared/ui/age'
import { Button, SendButton } from '@/shared/ui/button'
import { Snippet } from '@/shared/ui/copy'
import { Dialog } from '@/shared/ui/dialog'
import { Choice, Field } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { lineLook, Lines, Page } from '@/shared/ui/page'
import { Empty, Failed, Loading } from '@/shared/ui/states'
import { say } from '@/shared/ui/toast'

const tokensQuery = { queryKey: keys.tokens, queryFn: async ({ signal }: { signal: AbortSignal }) => (await listTokens({ signal })).data.tokens ?? [] }

/** What programs come in by. */
export function Tokens() {
  const { data: me } = useQuery(sessionQuery)
  const { data: users } = useQuery(usersQuery)
  const { data, error, refetch } = useQuery(tokensQuery)
  const [making, make] = useState(false)
  const [ending, end] = useState<TokenBody | undefined>()
  const why = me === undefined ? 'Still finding out who you are' : undefined
  return (
    <Page
      title="API tokens"
      actions={
        <Button look="primary" why={why} onClick={() => make(true)}>
          New token
        </Button>
      }
    >
      <p className="mb-3 text-muted">A program that shows one acts for whoever made it, and never may more than they. {me?.role === 'admin' ? 'As an admin you see all.' : 'You see your own.'}</p>
      {error !== null && data === undefined ? <Failed error={error} retry={() => void refetch()} /> : null}
      {data === undefined && error === null ? <Loading /> : null}
      {data?.length === 0 ? <Empty title="There are no tokens">Make one for a script, for `rouse incidents` in a shell, or for a screen on the wall (role viewer).</Empty> : null}
      {data === undefined || data.length === 0 ? null : (
        <Lines label="API tokens">
          {data.map((t) => (
            <li key={t.id} className={lineLook}>
              <bdi className="font-medium">{t.name}</bdi>
              <span className="grow text-muted">
                {t.role} · {t.user === undefined ? 'of the server' : <bdi>{users?.find((u) => u.id === t.user)?.name ?? 'somebody'}</bdi>} · <Used token={t} />
              </span>
              <Button onClick={() => end(t)} aria-label={`Revoke ${t.name}`}>
                Revoke…
              </Button>
            </li>
          ))}
        </Lines>
      )}
      <Dialog title="New token" open={making} close={() => make(false)}>
        {making && me !== undefined ? <NewToken me={me} close={() => make(false)} /> : null}
      </Dialog>
      <Dialog title={`Revoke ${ending?.name ?? ''}`} open={ending !== undefined} close={() => end(undefined)}>
        {ending === undefined ? null : <Revoke token={ending} close={() => end(undefined)} />}
      </Dialog>
    </Page>
  )
}

function Used({ token: t }: { token: TokenBody }) {
  const now = useNow()
  const over = t.expires_at !== null && Date.parse(t.expires_at) <= now
  return (
    <>
      {t.used_at === null ? (
        'never used'
      ) : (
        <>
          used <Age since={t.used_at} /> ago
        </>
      )}
      {t.expires_at === null ? null : (
        <>
          {' '}
          · {over ? 'ended' : 'ends'} <At time={t.expires_at} />
        </>
      )}
    </>
  )
}

const roles = ['viewer', 'responder', 'admin'] as const
const lives = [
  { value: '', text: 'never' },
  { value: '30', text: 'in 30 days' },
  { value: '90', text: 'in 90 days' },
  { value: '365', text: 'in a year' },
]

function NewToken({ me, close }: { me: Me; close: () => void }) {
  const queries = useQueryClient()
  const [made, show] = useState<TokenBody | undefined>()
  const [d, set] = useState({ name: '', role: 'viewer' as (typeof roles)[number], days: '90' })
  if (made?.secret !== undefined) {
    return (
      <>
        <p className="mb-3 font-medium">It is shown this once: take it now.</p>
        <Snippet label={made.name} text={made.secret} />
        <div className="mt-4">
          <Button look="primary" onClick={close}>
            I have it
          </Button>
        </div>
      </>
    )
  }
  const may = roles.slice(0, roles.findIndex((r) => r === me.role) + 1)
  return (
    <Form
      verb="Make it"
      send={async () =>
        (await createToken({ body: { name: d.name, role: d.role, ...(d.days === '' ? {} : { expires_at: new Date(Date.now() + Number(d.days) * 86_400_000).toISOString() }) } })).data
      }
      done={(t) => {
        show(t)
        void queries.invalidateQueries({ queryKey: keys.tokens })
      }}
    >
      <Field label="Name" name="name" hint="What it is for" value={d.name} maxLength={100} onChange={(e) => set({ ...d, name: e.target.value })} />
      <Choice label="Role" name="role" value={d.role} options={may.map((r) => ({ value: r, text: r }))} onChange={(e) => set({ ...d, role: e.target.value as typeof d.role })} />
      <Choice label="It ends" name="expires_at" value={d.days} options={lives} onChange={(e) => set({ ...d, days: e.target.value })} />
    </Form>
  )
}

function Revoke({ token: t, close }: { token: TokenBody; close: () => void }) {
  const queries = useQueryClient()
  const revoke = useSend({
    mutationFn: () => revokeToken({ path: { id: t.id } }),
    onSuccess: async () => {
      say(`Revoked ${t.name}`)
      close()
      await queries.invalidateQueries({ queryKey: keys.tokens })
    },
  })
  return (
    <>
      <p>Whatever comes in by it is refused at once.</p>
      {revoke.error === null ? null : (
        <p role="alert" className="mt-3 font-medium text-error">
          NOT revoked: {revoke.error.message}
        </p>
      )}
      <div className="mt-4 flex gap-2">
        <SendButton look="primary" sending={revoke.isPending} onClick={() => revoke.mutate()}>
          Revoke
        </SendButton>
        <Button onClick={close}>Keep it</Button>
      </div>
    </>
  )
}
