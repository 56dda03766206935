import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import { directoryCan } from '@/features/directory/can'
import { List } from '@/features/directory/list'
import { useSaved } from '@/features/directory/use-saved'
import { createUser } from '@/shared/api/client'
import { cannotBePaged, usersQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { zone } from '@/shared/lib/time'
import { Choice, Field } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { lineLook } from '@/shared/ui/page'
import { roleOptions } from './roles'

/** Everybody who can come in or be called. */
export function People() {
  const { data: me } = useQuery(sessionQuery)
  return (
    <List
      title="People"
      one="person"
      query={useQuery(usersQuery)}
      why={directoryCan.edit(me)}
      form={(close) => <NewPerson close={close} />}
      words={(u) => `${u.name} ${u.email} ${u.role}`}
      empty={{ title: 'Nobody is here yet', text: 'Add whoever answers incidents or looks on.' }}
      line={(u) => (
        <li key={u.id} className={lineLook}>
          <Link to="/people/$id" params={{ id: u.id }} className="inline-flex min-h-9 items-center font-medium underline">
            <bdi>{u.name === '' ? u.email : u.name}</bdi>
          </Link>
          <span className="min-w-0 grow truncate text-muted">
            <bdi>{u.email}</bdi> · {u.role}
            {u.id === me?.user ? ' · you' : ''}
          </span>
          {u.disabled ? <strong className="text-warning">disabled</strong> : cannotBePaged(u) ? <strong className="text-warning">cannot be paged</strong> : null}
        </li>
      )}
    />
  )
}

function NewPerson({ close }: { close: () => void }) {
  const navigate = useNavigate()
  const saved = useSaved()
  const [d, set] = useState({ email: '', name: '', role: 'responder' as const })
  return (
    <Form
      verb="Add"
      // Mail reaches everybody: they begin with it, and add what is louder.
      send={async () => (await createUser({ body: { ...d, time_zone: zone(), contacts: [{ name: 'email', kind: 'email', to: d.email }] } })).data}
      done={(made) => {
        close()
        void saved(`Added ${made.name}`).then(() => navigate({ to: '/people/$id', params: { id: made.id } }))
      }}
    >
      <Field label="Email address" name="email" type="email" value={d.email} maxLength={254} onChange={(e) => set({ ...d, email: e.target.value })} />
      <Field label="Name" name="name" value={d.name} maxLength={250} onChange={(e) => set({ ...d, name: e.target.value })} />
      <Choice label="Role" name="role" value={d.role} options={roleOptions} onChange={(e) => set({ ...d, role: e.target.value as typeof d.role })} />
    </Form>
  )
}
