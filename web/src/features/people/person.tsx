import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useId } from 'react'

import { SentToday } from '@/features/channels/usage'
import { Back } from '@/features/directory/back'
import { directoryCan, type Why } from '@/features/directory/can'
import { Delete } from '@/features/directory/delete'
import { Entity } from '@/features/directory/entity'
import { Meanwhile } from '@/features/directory/meanwhile'
import { useDraft } from '@/features/directory/use-draft'
import { useSaved } from '@/features/directory/use-saved'
import { createPasswordLink, editUser, type UserBody } from '@/shared/api/client'
import { contactsKnown, usersQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { useSend } from '@/shared/lib/use-send'
import { SendButton } from '@/shared/ui/button'
import { Snippet } from '@/shared/ui/copy'
import { Check, Choice, Field } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { Page, Part } from '@/shared/ui/page'
import { Loading } from '@/shared/ui/states'
import { Linked } from './linked'
import { Reach } from './reach'
import { roleOptions } from './roles'
import { Senders } from './senders'
import { ThisDevice } from './this-device'

const route = getRouteApi('/shell/set-up/people/$id')

/** One person: who they are, how they are reached. */
export function Person() {
  const { id } = route.useParams()
  return (
    <Entity kind="user" id={id} query={usersQuery}>
      {(u) => (contactsKnown(u) ? <Whole key={u.id} user={u} /> : <Loading />)}
    </Entity>
  )
}

function Whole({ user: u }: { user: UserBody }) {
  const { data: me } = useQuery(sessionQuery)
  const admin = directoryCan.edit(me)
  const why = directoryCan.editUser(me, u)
  return (
    <Page title={u.name === '' ? u.email : u.name} above={<Back kind="user">People</Back>} actions={<Delete kind="user" id={u.id} name={u.email} why={admin} />}>
      <div className="grid gap-x-8 xl:grid-cols-2">
        <Part title="How to reach them" className="">
          <Reach user={u} why={why} />
        </Part>
        <div>
          <Part title="Account" className="mt-6 xl:mt-0">
            <Account user={u} why={why} admin={admin} />
          </Part>
          {me?.user === u.id ? (
            <Part title="This device">
              <ThisDevice user={u} />
              <Senders />
            </Part>
          ) : null}
          {me?.user === u.id ? (
            <Part title="Where chats know you">
              <Linked />
            </Part>
          ) : null}
          <SentToday user={u.id} />
          <Part title="Password">
            <PasswordLink user={u} why={admin} />
          </Part>
        </div>
      </div>
    </Page>
  )
}

const zones = Intl.supportedValuesOf('timeZone')

const draftOf = (u: Pick<UserBody, 'email' | 'name' | 'role' | 'time_zone' | 'disabled'>) => ({
  email: u.email, name: u.name, role: u.role as 'viewer' | 'responder' | 'admin', time_zone: u.time_zone, disabled: u.disabled,
})

function Account({ user: u, why, admin }: { user: UserBody; why: Why; admin: Why }) {
  const saved = useSaved()
  const list = useId()
  const { draft: d, edit, save, typed, ...meanwhile } = useDraft(u, draftOf, draftOf)
  return (
    <Form why={why} typed={typed} send={() => save((body, query) => editUser({ path: { name: u.id }, query, body }))} done={(now) => void saved(`Saved ${now.name}`)}>
      <Field label="Name" name="name" value={d.name} maxLength={250} onChange={(e) => edit({ name: e.target.value })} />
      <Field label="Time zone" name="time_zone" list={list} value={d.time_zone} maxLength={250} onChange={(e) => edit({ time_zone: e.target.value })} />
      <datalist id={list}>
        {zones.map((z) => (
          <option key={z} value={z} />
        ))}
      </datalist>
      {why === undefined && admin !== undefined ? <p className="text-muted">Your address, role and whether the account is disabled are for an admin to change.</p> : null}
      <fieldset disabled={admin !== undefined} className="flex flex-col gap-3">
        <Field label="Email address to sign in" name="email" type="email" value={d.email} maxLength={254} onChange={(e) => edit({ email: e.target.value })} />
        <Choice label="Role" name="role" value={d.role} options={roleOptions} onChange={(e) => edit({ role: e.target.value as typeof d.role })} />
        <Check label="Disabled" hint="They cannot sign in, and are never paged" checked={d.disabled} onChange={(e) => edit({ disabled: e.target.checked })} />
      </fieldset>
      <Meanwhile {...meanwhile} />
    </Form>
  )
}

function PasswordLink({ user: u, why }: { user: UserBody; why: Why }) {
  const make = useSend({ mutationFn: async () => (await createPasswordLink({ path: { name: u.id } })).data })
  return (
    <>
      <p className="mb-2 text-muted">By a link that works once, within 24 hours, they choose a password. Give it to them and to nobody else.</p>
      {make.error === null ? null : (
        <p role="alert" className="mb-2 font-medium text-error">
          NOT made: {make.error.message}
        </p>
      )}
      {make.data === undefined ? (
        <SendButton why={why} sending={make.isPending} onClick={() => make.mutate()}>
          Make a link
        </SendButton>
      ) : (
        <Snippet label={`For ${u.email}`} text={location.origin + make.data.path} />
      )}
    </>
  )
}
