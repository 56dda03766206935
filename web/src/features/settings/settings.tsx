import { useQuery } from '@tanstack/react-query'

import { directoryCan, type Why } from '@/features/directory/can'
import { Targets } from '@/features/directory/targets'
import { Meanwhile } from '@/features/directory/meanwhile'
import { useDraft } from '@/features/directory/use-draft'
import { useSaved } from '@/features/directory/use-saved'
import { editSettings, type SettingsBody } from '@/shared/api/client'
import { policiesQuery, settingsQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { Choice } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { Page, Part } from '@/shared/ui/page'
import { Failed, Loading } from '@/shared/ui/states'

/** What holds for the whole installation. */
export function Settings() {
  const { data: me } = useQuery(sessionQuery)
  const { data, error, refetch } = useQuery(settingsQuery)
  return (
    <Page title="Settings">
      {error !== null && data === undefined ? <Failed error={error} retry={() => void refetch()} /> : null}
      {data === undefined && error === null ? <Loading /> : null}
      {data === undefined ? null : (
        <div className="max-w-xl">
          <Edit settings={data} why={directoryCan.edit(me)} />
          <Part title="Set where the server is started">
            <p>
              Public address: <bdi className="font-mono">{data.public_url === '' ? 'not set' : data.public_url}</bdi>
            </p>
          </Part>
        </div>
      )}
    </Page>
  )
}

const draftOf = (s: SettingsBody) => ({ policy: s.default_policy, fallback: s.fallback ?? [] })

const sent = (d: ReturnType<typeof draftOf>) => ({ ...(d.policy === '' ? {} : { default_policy: d.policy }), fallback: d.fallback })

function Edit({ settings: s, why }: { settings: SettingsBody; why: Why }) {
  const saved = useSaved()
  const { data: policies } = useQuery(policiesQuery)
  const { draft: d, edit, save, typed, ...meanwhile } = useDraft(s, draftOf, sent)
  return (
    <Form
      why={why}
      typed={typed}
      send={() => save((body, query) => editSettings({ query, body }))}
      done={() => void saved('Saved the settings')}
    >
      <Choice
        label="Default escalation policy"
        name="default_policy"
        hint="It pages for services that name none, and for those that nobody has claimed"
        {...(s.default_policy === '' ? { none: 'none' } : {})}
        value={d.policy}
        options={(policies ?? []).map((p) => ({ value: p.name, text: p.name }))}
        onChange={(e) => edit({ policy: e.target.value })}
      />
      <fieldset className="rounded-md border border-line p-3">
        <legend className="px-1 font-medium">Where a policy ends without an answer</legend>
        <p className="mb-2 text-muted">{d.fallback.length === 0 ? 'All admins are told, and reminded every 30 minutes.' : 'They are told, and reminded every 30 minutes.'}</p>
        <Targets label="Who is told" field="fallback" value={d.fallback} change={(fallback) => edit({ fallback })} />
      </fieldset>
      <Meanwhile {...meanwhile} />
    </Form>
  )
}
