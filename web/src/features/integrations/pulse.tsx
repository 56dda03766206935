import { Field } from '@/shared/ui/field'

/** How often a heartbeat comes, and by how much it may be late. */
export function Pulse({ every, grace, edit }: { every: string; grace: string; edit: (change: { every?: string; grace?: string }) => void }) {
  return (
    <div className="grid grid-cols-2 gap-3">
      <Field label="It comes every" name="every" hint="Like 30s, 10m or 24h" value={every} maxLength={20} onChange={(e) => edit({ every: e.target.value })} />
      <Field label="It may be late by" name="grace" hint="Then it is missing" value={grace} maxLength={20} onChange={(e) => edit({ grace: e.target.value })} />
    </div>
  )
}
