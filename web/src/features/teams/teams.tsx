import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'

import { Back } from '@/features/directory/back'
import { directoryCan, type Why } from '@/features/directory/can'
import { Delete } from '@/features/directory/delete'
import { Entity } from '@/features/directory/entity'
import { List } from '@/features/directory/list'
import { Meanwhile } from '@/features/directory/meanwhile'
import { useDraft } from '@/features/directory/use-draft'
import { useSaved } from '@/features/directory/use-saved'
import { createTeam, editTeam, type TeamBody } from '@/shared/api/client'
import { teamsQuery, usersQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { Field, Some } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { lineLook, Page } from '@/shared/ui/page'

/** Who works together. */
export function Teams() {
  const { data: me } = useQuery(sessionQuery)
  return (
    <List
      title="Teams"
      one="team"
      query={useQuery(teamsQuery)}
      why={directoryCan.edit(me)}
      form={(close) => <TeamForm close={close} />}
      words={(t) => t.name}
      empty={{ title: 'There are no teams yet', text: 'A team owns services, and can be paged as a whole.' }}
      line={(t) => (
        <li key={t.id} className={lineLook}>
          <Link to="/teams/$id" params={{ id: t.id }} className="inline-flex min-h-9 items-center font-medium underline">
            <bdi>{t.name}</bdi>
          </Link>
          <span className="grow text-muted">
            {(t.members ?? []).length} {(t.members ?? []).length === 1 ? 'member' : 'members'}
          </span>
          {(t.members ?? []).length === 0 ? <strong className="text-warning">nobody to page</strong> : null}
        </li>
      )}
    />
  )
}

const route = getRouteApi('/shell/set-up/teams/$id')

export function Team() {
  const { id } = route.useParams()
  const { data: me } = useQuery(sessionQuery)
  const why = directoryCan.edit(me)
  return (
    <Entity kind="team" id={id} query={teamsQuery}>
      {(t) => (
        <Page title={t.name} above={<Back kind="team">Teams</Back>} actions={<Delete kind="team" id={t.id} name={t.name} why={why} />}>
          <div className="max-w-xl">
            <TeamForm key={t.id} team={t} why={why} />
          </div>
        </Page>
      )}
    </Entity>
  )
}

const none: TeamBody = { id: '', name: '', members: [], edition: 0 }

const draftOf = (t: Pick<TeamBody, 'name' | 'members'>) => ({ name: t.name, members: t.members ?? [] })

function TeamForm({ team: t, why, close }: { team?: TeamBody; why?: Why; close?: () => void }) {
  const navigate = useNavigate()
  const saved = useSaved()
  const { data: users } = useQuery(usersQuery)
  const { draft: d, edit, save, typed, ...meanwhile } = useDraft(t ?? none, draftOf, draftOf)
  return (
    <Form
      why={why}
      typed={typed}
      verb={t === undefined ? 'Make it' : 'Save'}
      send={() => save((body, query) => (t === undefined ? createTeam({ body }) : editTeam({ path: { name: t.id }, query, body })))}
      done={(now) => {
        close?.()
        void saved(`Saved ${now.name}`).then(() => (t === undefined ? navigate({ to: '/teams/$id', params: { id: now.id } }) : undefined))
      }}
    >
      <Field label="Name" name="name" value={d.name} maxLength={250} onChange={(e) => edit({ name: e.target.value })} />
      <Some
        label="Members"
        none="There are no people yet."
        all={(users ?? []).map((u) => ({ value: u.email, text: u.name === '' ? u.email : u.name }))}
        chosen={d.members}
        change={(members) => edit({ members })}
      />
      <Meanwhile {...meanwhile} />
    </Form>
  )
}
