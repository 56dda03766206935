import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'

import { directoryCan, type Why } from '@/features/directory/can'
import { Delete } from '@/features/directory/delete'
import { Entity } from '@/features/directory/entity'
import { Meanwhile } from '@/features/directory/meanwhile'
import { useDraft } from '@/features/directory/use-draft'
import { useSaved } from '@/features/directory/use-saved'
import { editIntegration, rotateIntegrationKey, type IntegrationBody } from '@/shared/api/client'
import { integrationsQuery, settingsQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { useSend } from '@/shared/lib/use-send'
import { Button, SendButton } from '@/shared/ui/button'
import { Snippet } from '@/shared/ui/copy'
import { Dialog } from '@/shared/ui/dialog'
import { Check, Field } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { Page, Part } from '@/shared/ui/page'
import { Loading } from '@/shared/ui/states'
import { Heard } from './heard'
import { Pulse } from './pulse'
import { rememberKey, unknownKey, useKey } from './key'
import { kindText } from './kinds'
import { LastRead } from './read'
import { ReadThere } from './read-there'
import { snippetsOf } from './snippets'
import { Transform } from './transform'

const route = getRouteApi('/shell/set-up/integrations/$id')

/** One integration: what to paste, whether it arrives, and how it is limited. */
export function Integration() {
  const { id } = route.useParams()
  return (
    // While nothing came, it is looked for.
    <Entity kind="integration" id={id} query={{ ...integrationsQuery, refetchInterval: (q) => (q.state.data?.find((i) => i.id === id)?.first_at === null ? 2000 : 30_000) }}>
      {(i) => <Whole key={i.id} integration={i} />}
    </Entity>
  )
}

function Whole({ integration: i }: { integration: IntegrationBody }) {
  const { data: me } = useQuery(sessionQuery)
  const why = directoryCan.edit(me)
  return (
    <Page
      title={i.name}
      above={
        <Link to="/integrations" className="underline">
          Integrations
        </Link>
      }
      actions={
        <>
          <NewKey integration={i} why={why} />
          <Delete kind="integration" id={i.id} name={i.name} why={why} />
        </>
      }
    >
      <Heard integration={i} />
      <Part title={i.kind === 'alertmanager' ? 'Paste it into Alertmanager' : `Paste it: ${kindText(i.kind)}`}>
        <Snippets integration={i} />
      </Part>
      {i.kind === 'webhook' || i.kind === 'email' ? (
        <Part title="What it makes alerts of">
          <Transform integration={i} why={why} />
        </Part>
      ) : null}
      {i.first_at === null ? null : (
        <Part title="How the last alerts were read">
          <LastRead integration={i} />
        </Part>
      )}
      <Part title="Name and limits" className="mt-6 max-w-xl">
        <Limits integration={i} why={why} />
      </Part>
    </Page>
  )
}

/** What to paste, with the key where it is known. */
export function Snippets({ integration: i }: { integration: IntegrationBody }) {
  const { data: settings, isPending } = useQuery(settingsQuery)
  const [now] = useState(() => new Date())
  const known = useKey(i.id)
  const key = known ?? unknownKey
  if (isPending) return <Loading /> // a wrong address would be pasted
  const url = settings === undefined || settings.public_url === '' ? location.origin : settings.public_url
  return (
    <div className="grid min-w-0 gap-3 lg:grid-cols-2">
      <p className="lg:col-span-2">
        {known === undefined ? (
          <>
            The key was shown when it was made, and is nowhere any more. Put it in place of <code>{unknownKey}</code>, or make a new one.
          </>
        ) : (
          <strong>The key is shown this once: take it now.</strong>
        )}
      </p>
      {i.kind === 'email' && settings?.mail_domain === '' ? (
        <p role="alert" className="font-medium text-error lg:col-span-2">
          This server takes no mail yet: start it with <code>ROUSE_MAIL_LISTEN</code> and <code>ROUSE_SMTP_URL</code>.
        </p>
      ) : null}
      {snippetsOf(i.kind, url, settings?.mail_domain ?? '', key, now).map((s) => (
        <Snippet key={s.label} {...s} />
      ))}
    </div>
  )
}

/** Makes another key, which is then shown. atOnce: nobody sends with the old one yet. */
export function NewKey({ integration: i, why, atOnce = false }: { integration: IntegrationBody; why: Why; atOnce?: boolean }) {
  const [open, show] = useState(false)
  const saved = useSaved()
  const rotate = useSend({
    mutationFn: async () => (await rotateIntegrationKey({ path: { name: i.id } })).data,
    onSuccess: (made) => {
      rememberKey(made)
      show(false)
      return saved('Made a new key')
    },
  })
  const failed =
    rotate.error === null ? null : (
      <p role="alert" className="mt-3 font-medium text-error">
        NOT made: {rotate.error.message}
      </p>
    )
  if (atOnce) {
    return (
      <>
        <SendButton look="primary" why={why} sending={rotate.isPending} onClick={() => rotate.mutate()}>
          Make a key
        </SendButton>
        {failed}
      </>
    )
  }
  return (
    <>
      <Button why={why} onClick={() => show(true)}>
        New key…
      </Button>
      <Dialog title={`A new key for ${i.name}`} open={open} close={() => show(false)}>
        <p>Whoever sends with the old key is refused from then on: have the sender’s configuration at hand.</p>
        {failed}
        <div className="mt-4 flex gap-2">
          <SendButton look="primary" sending={rotate.isPending} onClick={() => rotate.mutate()}>
            Make a new key
          </SendButton>
          <Button onClick={() => show(false)}>Keep the old one</Button>
        </div>
      </Dialog>
    </>
  )
}

const draftOf = (i: IntegrationBody) => ({ name: i.name, rate: String(i.rate_limit), burst: String(i.burst), allow: (i.allow ?? []).join(' '), disabled: i.disabled, alertmanager: (i.alertmanager ?? []).join(' '), login: '', ca: i.alertmanager_ca ?? '', silence: i.silence, kind: i.kind, every: i.every ?? '', grace: i.grace ?? '' })

const sent = (d: ReturnType<typeof draftOf>) => ({
  name: d.name, rate_limit: Number(d.rate), burst: Math.round(Number(d.burst)), allow: d.allow.split(/[\s,]+/).filter(Boolean), disabled: d.disabled,
  ...(d.kind === 'alertmanager' ? { alertmanager: d.alertmanager.split(/[\s,]+/).filter(Boolean), alertmanager_ca: d.ca, silence: d.silence, ...(d.login === '' ? {} : { alertmanager_login: d.login }) } : {}),
  ...(d.kind === 'heartbeat' ? { every: d.every, grace: d.grace } : {}),
})

function Limits({ integration: i, why }: { integration: IntegrationBody; why: Why }) {
  const saved = useSaved()
  const { draft: d, edit, save, typed, ...meanwhile } = useDraft(i, draftOf, sent)
  return (
    <Form
      why={why}
      typed={typed}
      send={() => save((body, query) => editIntegration({ path: { name: i.id }, query, body }))}
      done={(now) => void saved(`Saved ${now.name}`)}
    >
      <Field label="Name" name="name" value={d.name} maxLength={250} onChange={(e) => edit({ name: e.target.value })} />
      {i.kind === 'heartbeat' ? <Pulse every={d.every} grace={d.grace} edit={edit} /> : null}
      {i.kind === 'alertmanager' ? <ReadThere integration={i} {...d} edit={edit} /> : null}
      <div className="grid grid-cols-2 gap-3">
        <Field label="Requests per second" name="rate_limit" type="number" min={0} hint="0: the server’s default" value={d.rate} onChange={(e) => edit({ rate: e.target.value })} />
        <Field label="Burst" name="burst" type="number" min={0} hint="0: the server’s default" value={d.burst} onChange={(e) => edit({ burst: e.target.value })} />
      </div>
      <Field label="Addresses that may send" name="allow" hint="IP addresses or networks like 10.0.0.0/8, with a space between; empty: all" value={d.allow} onChange={(e) => edit({ allow: e.target.value })} />
      <Check label="Disabled" hint="Whoever sends with its key is refused" checked={d.disabled} onChange={(e) => edit({ disabled: e.target.checked })} />
      <Meanwhile {...meanwhile} />
    </Form>
  )
}
