import { useQuery } from '@tanstack/react-query'

import type { EntryBody } from '@/shared/api/client'
import { usersQuery } from '@/shared/api/directory'
import { At } from '@/shared/ui/age'
import { Failed } from '@/shared/ui/states'
import { timelineQuery } from './queries'
import { entryWords, fold } from './told'

// On a phone the words need the width.
const time = 'mr-2 text-muted sm:mr-0 sm:w-28 sm:shrink-0'

/** Everything that happened, the newest first. */
export function Timeline({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(timelineQuery(id))
  const { data: users } = useQuery(usersQuery)
  if (error !== null && data === undefined) return <Failed error={error} retry={() => void refetch()} />
  if (data === undefined) return null
  return (
    <section className="mt-6" aria-label="Timeline">
      <h2 className="font-semibold">Timeline</h2>
      <ol className="mt-1 divide-y divide-line border-y border-line">
        {fold(data).map((l, n, all) =>
          l.kind === 'entry' ? (
            <Entry key={all.length - n} entry={l.entry} />
          ) : (
            <li key={all.length - n} className="py-1.5">
              <details>
                <summary className="cursor-pointer sm:flex sm:gap-3">
                  <At time={l.entries[0]?.at ?? ''} className={time} />
                  <span className="min-w-0">
                    <bdi>{users?.find((u) => u.id === l.recipient)?.name ?? 'A channel'}</bdi>: {l.entries.length} messages, the last: <bdi>{l.entries[0]?.text}</bdi> <span className="text-muted">▾</span>
                  </span>
                </summary>
                <ol className="mt-1 ml-4 border-l border-line pl-3">
                  {l.entries.map((e, k) => (
                    <Entry key={k} entry={e} />
                  ))}
                </ol>
              </details>
            </li>
          ),
        )}
      </ol>
    </section>
  )
}

function Entry({ entry: e }: { entry: EntryBody }) {
  return (
    <li className="py-1.5 sm:flex sm:gap-3">
      <At time={e.at} className={time} />
      <span className="min-w-0">
        {e.kind === 'note' && e.actor?.name !== undefined ? (
          <>
            <bdi className="font-semibold">{e.actor.name}</bdi>{': '}
          </>
        ) : null}
        <bdi className="whitespace-pre-wrap">{entryWords(e)}</bdi>
      </span>
    </li>
  )
}
