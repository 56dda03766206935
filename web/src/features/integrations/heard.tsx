import type { IntegrationBody } from '@/shared/api/client'
import { Age, At } from '@/shared/ui/age'

type Heard = Pick<IntegrationBody, 'first_at' | 'last_at'>

export function HeardShort({ integration: i }: { integration: Heard }) {
  if (i.last_at === null) return <span className="text-muted">nothing came yet</span>
  return (
    <span className="text-muted">
      last heard <Age since={i.last_at} /> ago
    </span>
  )
}

/** Waits for the first alert, and turns green by itself when it is there. */
export function Heard({ integration: i }: { integration: Heard }) {
  const came = i.first_at !== null && i.last_at !== null
  return (
    <p role="status" className={`flex min-h-12 items-center gap-3 rounded-md border p-3 font-medium ${came ? 'border-good text-good' : 'border-line'}`}>
      {came ? (
        <svg viewBox="0 0 16 16" aria-hidden="true" className="size-5 shrink-0 fill-none stroke-current stroke-2">
          <path d="M2 8l4 4 8-9" />
        </svg>
      ) : (
        <span aria-hidden="true" className="size-3 shrink-0 rounded-full border-2 border-muted motion-safe:animate-pulse" />
      )}
      {i.first_at === null || i.last_at === null ? (
        'Waiting for the first alert…'
      ) : (
        <span>
          Alerts arrive: the first came <At time={i.first_at} />, the last <Age since={i.last_at} /> ago.
        </span>
      )}
    </p>
  )
}
