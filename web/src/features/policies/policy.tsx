import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { Back } from '@/features/directory/back'
import { directoryCan, type Why } from '@/features/directory/can'
import { Delete } from '@/features/directory/delete'
import { Entity } from '@/features/directory/entity'
import { Meanwhile } from '@/features/directory/meanwhile'
import { useDraft } from '@/features/directory/use-draft'
import { useSaved } from '@/features/directory/use-saved'
import { Woken } from '@/features/forecast/woken'
import { editPolicy, type PolicyBody } from '@/shared/api/client'
import { policiesQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { Form } from '@/shared/ui/form'
import { Page } from '@/shared/ui/page'
import { draftOf, edited } from './draft'
import { PolicyFields } from './levels'

const route = getRouteApi('/shell/set-up/policies/$id')

/** One escalation policy. */
export function Policy() {
  const { id } = route.useParams()
  const { data: me } = useQuery(sessionQuery)
  const why = directoryCan.edit(me)
  return (
    <Entity kind="policy" id={id} query={policiesQuery}>
      {(p) => (
        <Page title={p.name} above={<Back kind="policy">Escalation policies</Back>} actions={<Delete kind="policy" id={p.id} name={p.name} why={why} />}>
          <Edit key={p.id} policy={p} why={why} />
        </Page>
      )}
    </Entity>
  )
}

function Edit({ policy: p, why }: { policy: PolicyBody; why: Why }) {
  const saved = useSaved()
  const { draft, edit, save, typed, ...meanwhile } = useDraft(p, draftOf, edited)
  return (
    <div className="grid items-start gap-8 xl:grid-cols-2">
      <Form why={why} typed={typed} send={() => save((body, query) => editPolicy({ path: { name: p.id }, query, body }))} done={(now) => void saved(`Saved ${now.name}: rounds that begin from now on go by it`)}>
        <PolicyFields draft={draft} change={edit} />
        <Meanwhile {...meanwhile} />
      </Form>
      <div className="xl:sticky xl:top-4">
        <Woken of={{ policy: p.id, draft: edited(draft) }} />
      </div>
    </div>
  )
}
