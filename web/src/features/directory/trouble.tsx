import { mendContact, type ContactBody } from '@/shared/api/client'
import { useSend } from '@/shared/lib/use-send'
import { SendButton } from '@/shared/ui/button'
import { useSaved } from './use-saved'

/** What a provider, or whoever reads there, says of a contact: why nothing may arrive. */
export function Trouble({ contact: c }: { contact: ContactBody }) {
  const saved = useSaved()
  const mend = useSend({ mutationFn: () => mendContact({ path: { id: c.id } }), onSuccess: () => saved(`Noted: ${c.name} works again`) })
  return (
    <div className="mt-2 flex flex-wrap items-center gap-2">
      <span className="grow font-medium text-warning">
        <bdi>{c.trouble}</bdi>. {c.stopped === true ? c.kind === 'push' ? 'Nothing is sent there until notifications are turned on again on that device.' : 'Nothing is sent there until START comes from there.' : 'Pages still go there, and may not arrive.'}
      </span>
      {c.stopped === true ? null : (
        <SendButton sending={mend.isPending} onClick={() => mend.mutate()} aria-label={`${c.name} works again`}>
          It works again
        </SendButton>
      )}
      {mend.error === null ? null : (
        <span role="alert" className="font-medium text-error">
          {mend.error.message}
        </span>
      )}
    </div>
  )
}
