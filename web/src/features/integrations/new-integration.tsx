import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import { useSaved } from '@/features/directory/use-saved'
import { createIntegration } from '@/shared/api/client'
import { Field } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { rememberKey } from './key'

/** Makes an integration, and goes where its key is shown. */
export function NewIntegration({ close }: { close: () => void }) {
  const navigate = useNavigate()
  const saved = useSaved()
  const [name, set] = useState('')
  return (
    <Form
      verb="Make it"
      send={async () => (await createIntegration({ body: { name } })).data}
      done={(made) => {
        rememberKey(made)
        close()
        void saved(`Made ${made.name}`).then(() => navigate({ to: '/integrations/$id', params: { id: made.id } }))
      }}
    >
      <p className="text-muted">One for each Alertmanager (a pair that shares its alerts is one). Its key can only send alerts.</p>
      <Field label="Name" name="name" value={name} maxLength={250} onChange={(e) => set(e.target.value)} />
    </Form>
  )
}
