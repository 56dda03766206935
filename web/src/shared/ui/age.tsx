import { useNow } from '@/shared/lib/now'
import { duration, exactly, shortly } from '@/shared/lib/time'

/** How long ago something was, ticking; the moment itself on hover, in UTC too. */
export function Age({ since }: { since: string }) {
  const now = useNow()
  return (
    <time dateTime={since} title={exactly(since)}>
      {duration(now - Date.parse(since))}
    </time>
  )
}

/** A moment, short; the whole of it on hover, in UTC too. */
export function At({ time, className }: { time: string; className?: string }) {
  const now = useNow()
  return (
    <time dateTime={time} title={exactly(time)} className={className}>
      {shortly(time, now)}
    </time>
  )
}
