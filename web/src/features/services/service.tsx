import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'

import { Back } from '@/features/directory/back'
import { directoryCan, type Why } from '@/features/directory/can'
import { Delete } from '@/features/directory/delete'
import { Entity } from '@/features/directory/entity'
import { Meanwhile } from '@/features/directory/meanwhile'
import { useDraft } from '@/features/directory/use-draft'
import { useSaved } from '@/features/directory/use-saved'
import { Woken } from '@/features/forecast/woken'
import { unresolvedQuery } from '@/features/incident/board'
import { editService, type RulesOfService, type ServiceBody, type ServiceEdit } from '@/shared/api/client'
import { channelsQuery, policiesQuery, servicesQuery, teamsQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { Choice, Field, Some } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { Page, Part } from '@/shared/ui/page'
import { Severity } from '@/shared/ui/severity'
import { healthOf } from './health'
import { Rules } from './rules'

const route = getRouteApi('/shell/services/$id')

/** One service: how it is, and by what rules its incidents go. */
export function Service() {
  const { id } = route.useParams()
  return (
    <Entity kind="service" id={id} query={servicesQuery}>
      {(s) => <Whole key={s.id} service={s} />}
    </Entity>
  )
}

function Whole({ service: s }: { service: ServiceBody }) {
  const { data: me } = useQuery(sessionQuery)
  const why = directoryCan.edit(me)
  return (
    <Page title={s.name} above={<Back kind="service">Services</Back>} actions={<Delete kind="service" id={s.id} name={s.name} why={why} />}>
      <Health service={s} />
      <div className="mt-6 grid items-start gap-8 xl:grid-cols-2">
        <Part title="Rules" className="">
          <Edit service={s} why={why} />
        </Part>
        <Woken of={{ service: s.id }} />
      </div>
    </Page>
  )
}

function Health({ service: s }: { service: ServiceBody }) {
  const { data: unresolved } = useQuery(unresolvedQuery)
  const h = healthOf(unresolved ?? []).get(s.name)
  return (
    <p className="flex flex-wrap items-center gap-3">
      {unresolved === undefined ? (
        'Looking how it is…'
      ) : h === undefined ? (
        'Healthy: no incident of it is unresolved.'
      ) : (
        <>
          <Severity severity={h.worst} />
          <Link to="/" search={{ service: s.name }} className="inline-flex min-h-9 items-center underline">
            {h.incidents} unresolved {h.incidents === 1 ? 'incident' : 'incidents'}
          </Link>
        </>
      )}
      <Link to="/history" search={{ service: s.name }} className="inline-flex min-h-9 items-center underline">
        Past incidents
      </Link>
      {s.unclaimed ? <strong className="text-warning">Made by an alert: whoever saves it claims it.</strong> : null}
    </p>
  )
}

const correlations = [
  { value: 'service_env_severity', text: 'the same service, environment and severity' },
  { value: 'service', text: 'the same service' },
  { value: 'group_key', text: 'one group of Alertmanager' },
  { value: 'alert', text: 'nothing: each alert is an incident' },
  { value: 'labels', text: 'the same values of labels…' },
]

const draftOf = (s: ServiceBody) => ({
  name: s.name, team: s.team ?? '', policy: s.escalation_policy ?? '', correlate: s.correlate, labels: (s.correlate_labels ?? []).join(' '),
  channels: s.channels ?? [], rules: s.rules as RulesOfService,
})

const sent = (d: ReturnType<typeof draftOf>) => ({
  name: d.name, team: d.team, escalation_policy: d.policy, correlate: d.correlate as NonNullable<ServiceEdit['correlate']>,
  correlate_labels: d.labels.split(/[\s,]+/).filter(Boolean), channels: d.channels, rules: d.rules,
})

function Edit({ service: s, why }: { service: ServiceBody; why: Why }) {
  const saved = useSaved()
  const { data: teams } = useQuery(teamsQuery)
  const { data: policies } = useQuery(policiesQuery)
  const { data: channels } = useQuery(channelsQuery)
  const { draft: d, edit, save, typed, ...meanwhile } = useDraft(s, draftOf, sent)
  return (
    <Form
      why={why}
      typed={typed}
      send={() => save((body, query) => editService({ path: { name: s.id }, query, body }))}
      done={(now) => void saved(`Saved ${now.name}`)}
    >
      <Field
        label="Name"
        name="name"
        hint={d.name === s.name ? undefined : `Its incidents and rules stay with it. Alerts that name “${s.name}” make a new service.`}
        value={d.name}
        maxLength={250}
        onChange={(e) => edit({ name: e.target.value })}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        <Choice label="Team" name="team" none="none" value={d.team} options={(teams ?? []).map((t) => ({ value: t.name, text: t.name }))} onChange={(e) => edit({ team: e.target.value })} />
        <Choice
          label="Escalation policy"
          name="escalation_policy"
          none="the default one"
          value={d.policy}
          options={(policies ?? []).map((p) => ({ value: p.name, text: p.name }))}
          onChange={(e) => edit({ policy: e.target.value })}
        />
      </div>
      <Choice label="Alerts belong together that have" name="correlate" value={d.correlate} options={correlations} onChange={(e) => edit({ correlate: e.target.value })} />
      {d.correlate === 'labels' ? <Field label="Labels" name="correlate_labels" hint="Names, with a space between" value={d.labels} onChange={(e) => edit({ labels: e.target.value })} /> : null}
      <Some
        label="Channels that are told of its incidents"
        none="There are no channels yet."
        all={(channels ?? []).map((c) => ({ value: c.name, text: c.name }))}
        chosen={d.channels}
        change={(list) => edit({ channels: list })}
      />
      <Rules rules={d.rules} change={(rules) => edit({ rules })} />
      <Meanwhile {...meanwhile} />
    </Form>
  )
}
