import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import { useSaved } from '@/features/directory/use-saved'
import { createService } from '@/shared/api/client'
import { policiesQuery, teamsQuery } from '@/shared/api/directory'
import { Choice, Field } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'

export function NewService({ close }: { close: () => void }) {
  const navigate = useNavigate()
  const saved = useSaved()
  const { data: teams } = useQuery(teamsQuery)
  const { data: policies } = useQuery(policiesQuery)
  const [d, set] = useState({ name: '', team: '', escalation_policy: '' })
  return (
    <Form
      verb="Make it"
      send={async () => (await createService({ body: d })).data}
      done={(made) => {
        close()
        void saved(`Made ${made.name}`).then(() => navigate({ to: '/services/$id', params: { id: made.id } }))
      }}
    >
      <Field label="Name" name="name" hint="As alerts name it in their label “service”" value={d.name} maxLength={250} onChange={(e) => set({ ...d, name: e.target.value })} />
      <Choice label="Team" name="team" none="none" value={d.team} options={(teams ?? []).map((t) => ({ value: t.name, text: t.name }))} onChange={(e) => set({ ...d, team: e.target.value })} />
      <Choice
        label="Escalation policy"
        name="escalation_policy"
        none="the default one"
        value={d.escalation_policy}
        options={(policies ?? []).map((p) => ({ value: p.name, text: p.name }))}
        onChange={(e) => set({ ...d, escalation_policy: e.target.value })}
      />
    </Form>
  )
}
