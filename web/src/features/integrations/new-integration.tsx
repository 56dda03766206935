import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import { useSaved } from '@/features/directory/use-saved'
import { createIntegration } from '@/shared/api/client'
import { Choice, Field } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { rememberKey } from './key'
import { kinds, type IntegrationKind } from './kinds'
import { Pulse } from './pulse'

/** Makes an integration, and goes where its key is shown. */
export function NewIntegration({ close }: { close: () => void }) {
  const navigate = useNavigate()
  const saved = useSaved()
  const [name, set] = useState('')
  const [kind, choose] = useState<IntegrationKind>('alertmanager')
  const [pulse, edit] = useState({ every: '10m', grace: '1m' })
  return (
    <Form
      verb="Make it"
      send={async () => (await createIntegration({ body: { name, kind, ...(kind === 'heartbeat' ? pulse : {}) } })).data}
      done={(made) => {
        rememberKey(made)
        close()
        void saved(`Made ${made.name}`).then(() => navigate({ to: '/integrations/$id', params: { id: made.id } }))
      }}
    >
      <Choice label="What sends" name="kind" value={kind} options={[...kinds]} hint={kinds.find((k) => k.value === kind)?.hint} onChange={(e) => choose(e.target.value as IntegrationKind)} />
      {kind === 'heartbeat' ? <Pulse {...pulse} edit={(change) => edit({ ...pulse, ...change })} /> : null}
      <Field label="Name" name="name" value={name} maxLength={250} onChange={(e) => set(e.target.value)} />
    </Form>
  )
}
