import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import { useSaved } from '@/features/directory/use-saved'
import { createPolicy } from '@/shared/api/client'
import { Form } from '@/shared/ui/form'
import { draftOf, edited } from './draft'
import { PolicyFields } from './levels'

export function NewPolicy({ close }: { close: () => void }) {
  const navigate = useNavigate()
  const saved = useSaved()
  const [draft, change] = useState(() => draftOf(undefined))
  return (
    <Form
      verb="Make it"
      send={async () => (await createPolicy({ body: edited(draft) })).data}
      done={(made) => {
        close()
        void saved(`Made ${made.name}`).then(() => navigate({ to: '/policies/$id', params: { id: made.id } }))
      }}
    >
      <PolicyFields draft={draft} change={change} />
    </Form>
  )
}
