import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'

import { worstFirst } from '@/features/dashboard/order'
import type { IncidentBody } from '@/shared/api/client'
import { Button, SendButton } from '@/shared/ui/button'
import { PickMany } from '@/shared/ui/pick-many'
import { Answers, Missing, useAnswer, useNote, type Props } from './answer'
import { unresolvedQuery } from './board'
import { mostMerged, pagesNobody } from './can'

const named = (i: IncidentBody) => `#${i.number} ${i.service} ${i.environment}: ${i.title}`

/** Makes one of several. Which one goes on is the server's to say; it is the one that stands first here, too. */
export function Merge(p: Props) {
  const { incidents } = p.question
  const { sending, answer, refused } = useAnswer(p)
  const { data: all } = useQuery(unresolvedQuery)
  const [others, choose] = useState<string[]>([])
  const { note, why: long, field } = useNote()
  const [one] = incidents
  // Of the same service first: what belongs together is mostly near.
  const near = (i: IncidentBody) => (i.service === one?.service ? 0 : 1)
  const rest = worstFirst((all ?? []).filter((i) => !incidents.some((k) => k.id === i.id) && pagesNobody(i) === pagesNobody(one))).toSorted((a, b) => near(a) - near(b))
  const list = worstFirst([...incidents, ...others.flatMap((id) => all?.find((i) => i.id === id) ?? [])])
  const why = list.length < 2 ? 'Choose another one first' : list.length > mostMerged ? `At most ${mostMerged} at once` : long
  const submit = (e: FormEvent) => {
    e.preventDefault()
    if (why === undefined) answer({ do: 'merge', note }, others)
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      {incidents.length > 1 ? null : (
        <PickMany label="With" options={rest.map((i) => ({ value: i.id, text: named(i) }))} chosen={others} choose={choose} placeholder="number, service, title" none="No other incident is open" />
      )}
      {list.length < 2 ? (
        <p>The worse of them, then the older, goes on; alerts, links and numbers of the other lead to it.</p>
      ) : (
        <div>
          <p>
            <bdi className="font-semibold">{list[0] === undefined ? '' : named(list[0])}</bdi> goes on, with the alerts of:
          </p>
          <ul className="mt-1 max-h-40 list-disc overflow-y-auto pl-5 text-muted">
            {list.slice(1).map((i) => (
              <li key={i.id}>
                <bdi>{named(i)}</bdi>
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="text-muted">It cannot be undone.</p>
      {field}
      <Answers refused={refused}>
        <Missing why={why} />
        <Button onClick={p.close}>Cancel</Button>
        <SendButton kept type="submit" look="primary" sending={sending} why={why} onClick={submit}>
          Merge
        </SendButton>
      </Answers>
    </form>
  )
}
