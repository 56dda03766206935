import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useDeferredValue } from 'react'

import { Back } from '@/features/directory/back'
import { directoryCan, type Why } from '@/features/directory/can'
import { Delete } from '@/features/directory/delete'
import { Entity } from '@/features/directory/entity'
import { List } from '@/features/directory/list'
import { TestMessage } from '@/features/directory/test-message'
import { Meanwhile } from '@/features/directory/meanwhile'
import { useDraft } from '@/features/directory/use-draft'
import { useSaved } from '@/features/directory/use-saved'
import { createChannel, editChannel, previewChannel, type ChannelBody } from '@/shared/api/client'
import { channelKindsQuery, channelRoomsQuery, channelsQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { Area, Choice, Field } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { lineLook, Page, Part } from '@/shared/ui/page'
import { Sent } from './sent'
import { Senders } from './usage'

/** Where several people read along. */
export function Channels() {
  const { data: me } = useQuery(sessionQuery)
  return (
    <List
      title="Channels"
      one="channel"
      query={useQuery(channelsQuery)}
      why={directoryCan.edit(me)}
      form={(close) => <ChannelForm close={close} />}
      words={(c) => `${c.name} ${c.kind} ${c.to}`}
      empty={{ title: 'There are no channels yet', text: 'A channel is told of the incidents of services that name it, and can be a level of a policy: a mailing list, a webhook.' }}
      line={(c) => (
        <li key={c.id} className={lineLook}>
          <Link to="/channels/$id" params={{ id: c.id }} className="inline-flex min-h-9 items-center font-medium underline">
            <bdi>{c.name}</bdi>
          </Link>
          <span className="min-w-0 grow truncate text-muted">
            {c.kind} · <bdi>{c.to}</bdi>
          </span>
        </li>
      )}
      below={<Senders />}
    />
  )
}

const route = getRouteApi('/shell/set-up/channels/$id')

export function Channel() {
  const { id } = route.useParams()
  const { data: me } = useQuery(sessionQuery)
  const why = directoryCan.edit(me)
  return (
    <Entity kind="channel" id={id} query={channelsQuery}>
      {(c) => (
        <Page title={c.name} above={<Back kind="channel">Channels</Back>} actions={<Delete kind="channel" id={c.id} name={c.name} why={why} />}>
          <div className="max-w-xl">
            <ChannelForm key={c.id} channel={c} why={why} />
            <Part title="Does it arrive?">
              <TestMessage to={{ channel: c.id }} name={c.name} why={why} />
            </Part>
          </div>
          <Sent id={c.id} />
        </Page>
      )}
    </Entity>
  )
}

const none: ChannelBody = { id: '', name: '', kind: 'email', to: '', options: {}, has_key: false, edition: 0 }

const draftOf = ({ name, kind, to, options }: Pick<ChannelBody, 'name' | 'kind' | 'to' | 'options'>) => ({ name, kind, to, options, key: '' })

/** A key that was not typed stays as it is. */
const sent = ({ key, ...rest }: ReturnType<typeof draftOf>) => (key === '' ? rest : { ...rest, key })

function ChannelForm({ channel: c, why, close }: { channel?: ChannelBody; why?: Why; close?: () => void }) {
  const navigate = useNavigate()
  const saved = useSaved()
  const { data: kinds } = useQuery(channelKindsQuery)
  const { draft: d, edit, save, ...meanwhile } = useDraft(c ?? none, draftOf, sent)
  const kind = kinds?.find((k) => k.kind === d.kind)
  const { data: all } = useQuery(channelRoomsQuery)
  const rooms = (all ?? []).filter((r) => r.kind === d.kind)
  const known = rooms.some((r) => r.to === d.to)
  return (
    <Form
      why={why}
      verb={c === undefined ? 'Make it' : 'Save'}
      send={() => save((body, query) => (c === undefined ? createChannel({ body }) : editChannel({ path: { name: c.id }, query, body })))}
      done={(now) => {
        close?.()
        void saved(`Saved ${now.name}`).then(() => (c === undefined ? navigate({ to: '/channels/$id', params: { id: now.id } }) : undefined))
      }}
    >
      <Field label="Name" name="name" value={d.name} maxLength={250} onChange={(e) => edit({ name: e.target.value })} />
      <Choice
        label="Kind"
        name="kind"
        value={d.kind}
        options={(kinds ?? []).filter((k) => k.shared).map((k) => ({ value: k.kind, text: k.label }))}
        hint={kind?.sendable === false ? `This server cannot send by ${kind.label} yet: it needs a setting at its start` : undefined}
        onChange={(e) => edit({ kind: e.target.value, options: {}, key: '', ...(known ? { to: '' } : {}) })}
      />
      {rooms.length === 0 ? null : (
        <Choice
          label="Where the bot is"
          name={known ? 'to' : 'room'}
          value={known ? d.to : ''}
          none="Elsewhere"
          options={rooms.map((r) => ({ value: r.to, text: r.name }))}
          onChange={(e) => edit({ to: e.target.value })}
        />
      )}
      {known ? null : <Field label={kind?.hint ?? 'Address'} name="to" hint={kind?.form || undefined} value={d.to} maxLength={2000} onChange={(e) => edit({ to: e.target.value })} />}
      {kind?.key === undefined ? null : (
        <Field
          label={kind.key}
          name="key"
          type="password"
          autoComplete="new-password"
          hint={c?.has_key && c.kind === d.kind ? 'There is one. Nobody sees it again: what is typed here takes its place' : undefined}
          value={d.key}
          maxLength={2000}
          onChange={(e) => edit({ key: e.target.value })}
        />
      )}
      {kind?.options?.map((o) => {
        const Input = o.long ? Area : Field
        return <Input key={o.name} label={o.label} name={`options.${o.name}`} hint={o.hint} value={d.options[o.name] ?? ''} onChange={(e) => edit({ options: chosen(d.options, o.name, e.target.value) })} />
      })}
      {kind?.preview && why === undefined ? <Preview kind={kind.kind} options={d.options} /> : null}
      <Meanwhile {...meanwhile} />
    </Form>
  )
}

/** Options with one of them chosen anew; an empty one is none. */
function chosen(options: Record<string, string>, name: string, value: string): Record<string, string> {
  const { [name]: _, ...rest } = options
  return value === '' ? rest : { ...rest, [name]: value }
}

/** What the options make of a made-up incident. It follows the writing, and sends nothing. */
function Preview({ kind, options }: { kind: string; options: Record<string, string> }) {
  const body = useDeferredValue(JSON.stringify({ options }))
  const { data, error } = useQuery({
    queryKey: ['preview', kind, body],
    queryFn: async ({ signal }) => (await previewChannel({ path: { name: kind }, body: JSON.parse(body) as { options: Record<string, string> }, signal })).data.text,
    placeholderData: (last) => last,
    retry: false,
  })
  if (error !== null) return <p role="alert">There is no preview: {error.message}</p>
  if (data === undefined) return null
  return (
    <section aria-label="Preview">
      <p className="text-xs text-muted">What is sent of a made-up incident</p>
      <pre tabIndex={0} aria-label="What is sent" className="max-h-80 overflow-auto rounded-md border border-line p-2 font-mono text-xs whitespace-pre-wrap">
        {data}
      </pre>
    </section>
  )
}
