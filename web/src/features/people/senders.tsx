import { useQuery } from '@tanstack/react-query'

import { channelKindsQuery } from '@/shared/api/directory'

/** Whom pages come from, as a contact for one's phone; nothing where no page comes by number or mail. */
export function Senders() {
  const { data: kinds } = useQuery(channelKindsQuery)
  if (kinds?.some((k) => ['email', 'sms', 'voice'].includes(k.kind) && k.sendable) !== true) return null
  return (
    <p className="mt-3">
      <a href="/api/v1/senders.vcf" download="rouse.vcf" className="underline">
        Save whom pages come from as a contact
      </a>{' '}
      on your phone, and let that contact through do-not-disturb.
    </p>
  )
}
