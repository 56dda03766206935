import { useQuery } from '@tanstack/react-query'
import { useState, type KeyboardEvent } from 'react'

import { showMessage, testChannel, testContact, verifyContact, type MessageBody } from '@/shared/api/client'
import { serverNow } from '@/shared/lib/now'
import { useSend } from '@/shared/lib/use-send'
import { At } from '@/shared/ui/age'
import { SendButton } from '@/shared/ui/button'
import { Field } from '@/shared/ui/field'
import type { Why } from './can'
import { useSaved } from './use-saved'

type To = { contact: string; unverified: boolean } | { channel: string }

interface Props {
  to: To
  /** What it is called, for people. */
  name: string
  why: Why
}

/** Sends a real message, marked as a test, and shows what becomes of it. */
export function TestMessage({ to, name, why }: Props) {
  const [message, watch] = useState<string | undefined>()
  const send = useSend({
    mutationFn: async () => ('contact' in to ? (await testContact({ path: { id: to.contact } })).data : (await testChannel({ path: { name: to.channel } })).data),
    onSuccess: (m) => watch(m.message),
  })
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-2">
      <SendButton why={why} sending={send.isPending} onClick={() => send.mutate()} aria-label={`Send a test to ${name}`}>
        {'contact' in to && to.unverified ? 'Send a code' : 'Send a test'}
      </SendButton>
      {send.error === null ? null : (
        <span role="alert" className="font-medium text-error">
          NOT sent: {send.error.message}
        </span>
      )}
      {message === undefined ? null : <Outcome key={message} id={message} />}
      {message !== undefined && 'contact' in to && to.unverified ? <Code contact={to.contact} /> : null}
    </div>
  )
}

/** Looked at until nothing more is to be expected. */
const done = (m: MessageBody) => ['delivered', 'failed', 'expired', 'cancelled'].includes(m.status) || serverNow() - Date.parse(m.created_at) > 150_000

function Outcome({ id }: { id: string }) {
  const { data: m } = useQuery({
    queryKey: ['message', id],
    queryFn: async ({ signal }) => (await showMessage({ path: { id }, signal })).data,
    refetchInterval: (q) => (q.state.data !== undefined && done(q.state.data) ? false : 1000),
  })
  return (
    <span role="status" className="min-w-0">
      {m === undefined ? 'On its way…' : <Words message={m} />}
    </span>
  )
}

function Words({ message: m }: { message: MessageBody }) {
  switch (m.status) {
    case 'accepted':
    case 'delivered':
      return (
        <span className="font-medium text-good">
          ✓ {m.status === 'delivered' ? 'Arrived' : 'Taken by the provider'} {m.sent_at === null ? null : <At time={m.sent_at} />} {m.detail === undefined ? null : <bdi className="font-normal text-muted">{m.detail}</bdi>}
        </span>
      )
    case 'failed':
    case 'expired':
    case 'cancelled':
      return (
        <span className="font-medium text-error">
          NOT sent: <bdi>{m.detail ?? m.status}</bdi>
        </span>
      )
    case 'retrying':
      return m.attempt === 0 ? (
        'On its way…'
      ) : (
        <span className="text-warning">
          Not yet, it is tried again: <bdi>{m.detail}</bdi>
        </span>
      )
    case 'sending':
      return 'Sending…'
  }
}

/** Takes the code that the test has brought. */
function Code({ contact }: { contact: string }) {
  const saved = useSaved()
  const [code, type] = useState('')
  const verify = useSend({ mutationFn: () => verifyContact({ path: { id: contact }, body: { code } }), onSuccess: () => saved('Verified: pages go there') })
  // It stands within the form of the contacts, which this is not about.
  const enter = (e: KeyboardEvent) => {
    if (e.key !== 'Enter') return
    e.preventDefault()
    if (code.trim() !== '') verify.mutate()
  }
  return (
    <div className="flex items-end gap-2">
      <Field label="The code that came" inputMode="numeric" value={code} maxLength={20} className="w-32" onChange={(e) => type(e.target.value)} onKeyDown={enter} />
      <SendButton sending={verify.isPending} why={code.trim() === '' ? 'Type the code first' : undefined} onClick={() => verify.mutate()}>
        Verify
      </SendButton>
      {verify.error === null ? null : (
        <span role="alert" className="self-center font-medium text-error">
          {verify.error.message}
        </span>
      )}
    </div>
  )
}
