import { useQuery } from '@tanstack/react-query'

import type { IncidentBody } from '@/shared/api/client'
import { usersQuery } from '@/shared/api/directory'
import { useNow } from '@/shared/lib/now'
import { countdown, duration } from '@/shared/lib/time'
import { At } from '@/shared/ui/age'
import { pagesNobody } from './can'
import { messagesQuery } from './queries'
import { nextSaid, nextWords, told } from './told'

/** Who is told, by what, who answered, and who is next: "Ana: SMS delivered 03:12. Ben in 4:12." */
export function Sentence({ incident: i }: { incident: IncidentBody }) {
  const { data: users } = useQuery(usersQuery)
  const { data: messages } = useQuery(messagesQuery(i.id))
  if (i.status === 'resolved') {
    return i.next?.what !== 'grace' ? null : (
      <p className="mt-3 text-lg lg:text-base">
        What still fires at <At time={i.next.at} /> pages again.
      </p>
    )
  }
  const list = told(messages ?? [], users ?? [])
  const waiting = (i.paging ?? []).filter((p) => !list.some((t) => t.id === p.id))
  return (
    <p className="mt-3 text-lg lg:text-base">
      {i.snoozed_until === null ? null : (
        <>
          Snoozed until <At time={i.snoozed_until} />.{' '}
        </>
      )}
      {i.silence === null || i.silence === undefined ? null : (
        <>
          {i.silence.all ? 'Silenced' : `${String(i.silence.alerts)} of its alerts silenced`} by <bdi className="font-semibold">{i.silence.by}</bdi> until <At time={i.silence.until} />
          {i.silence.comment === '' ? '' : ': '}
          <bdi>{i.silence.comment}</bdi>
          {i.silence.all ? '. Nobody is paged meanwhile. ' : '. '}
        </>
      )}
      {list.map((t) => (
        <span key={t.id}>
          <bdi className="font-semibold">{t.name}</bdi>
          {': '}
          {t.by.map((b, n) => (
            <span key={b.kind} className={b.failed ? 'text-error' : ''}>
              {n > 0 ? ', ' : ''}
              {b.kind} {b.word} <At time={b.at} />
            </span>
          ))}
          .{' '}
        </span>
      ))}
      {i.status === 'open' && waiting.length > 0 ? <>{messages === undefined ? 'Paging' : 'About to be told:'} {waiting.map((w) => w.name).join(', ')}. </> : null}
      {i.status === 'open' && list.length === 0 && waiting.length === 0 ? (i.exhausted ? 'Everybody was paged and nobody answered. ' : pagesNobody(i) ? `It is of severity ${i.severity}: it pages nobody. ` : 'Nobody has been told yet. ') : null}
      {(i.responders ?? []).map((r) => (
        <span key={r.id}>
          <bdi>{r.name}</bdi> was asked to help{r.answered_at === null ? '' : ' and has answered'}.{' '}
        </span>
      ))}
      <Next incident={i} />
    </p>
  )
}

/** What comes next, and in how long. In short, a name that is too long for its place gives way and the time does not. */
export function Next({ incident: i, short = false }: { incident: IncidentBody; short?: boolean }) {
  const now = useNow()
  if (i.next === null || i.next === undefined) return null
  const left = Date.parse(i.next.at) - now
  const when = `in ${left > 3_600_000 ? duration(left) : countdown(left)}`
  if (!short) return <bdi className="text-muted">{nextSaid(i.next, i.paging ?? [], when)}.</bdi>
  return (
    <span className="flex min-w-0 gap-x-1.5 text-muted">
      <bdi className="truncate">{nextWords(i.next, i.paging ?? [])}</bdi> <span className="shrink-0">{when}</span>
    </span>
  )
}
