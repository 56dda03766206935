import type { CallBody, IncidentBody, IntegrationBody, UserBody } from '@/shared/api/client'
import { useOwn } from '@/shared/api/own'

export const steps = ['you', 'phone', 'page', 'alert', 'next'] as const
export type Step = (typeof steps)[number]

/** What this browser remembers of somebody's first steps: what the server does not know. */
interface Kept {
  skipped?: Step[]
  /** Another device came in by the code. */
  phone?: boolean
  /** The incident by which somebody had themselves paged. */
  page?: number
}

export const useKept = () => useOwn<Kept>('start', {})

interface Known {
  me: UserBody | undefined
  page: IncidentBody | undefined
  integrations: IntegrationBody[]
  calls: CallBody[]
}

/** Which steps are done: by what the server knows wherever it does. */
export function done(kept: Kept, k: Known): Record<Step, boolean> {
  return {
    you: (k.me?.contacts ?? []).some((c) => c.verified),
    phone: kept.phone === true,
    page: k.page !== undefined && k.page.acknowledged_at !== null,
    alert: k.integrations.some((i) => i.first_at !== null),
    next: k.calls.some((c) => c.page && c.kind === 'user' && c.level > 0 && c.id !== k.me?.id),
  }
}

/** The first that is neither done nor skipped. */
export const current = (is: Record<Step, boolean>, skipped: readonly Step[]): Step | undefined => steps.find((s) => !is[s] && !skipped.includes(s))
