import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { keys } from '@/shared/api/keys'
import { Problem } from '@/shared/api/problem'

/** What tells one change of something from the next. */
export interface Edited {
  edition: number
  edited_by?: string
  edited_at?: string
}

/** A field that somebody else changed while this one was being edited. */
export interface Difference {
  field: string
  was: unknown
  is: unknown
}

interface Held<T, D> {
  seen: T // as it was given last
  from: T // which the draft goes out from
  base: D // a draft of `from`
  began: D // a draft of what there was when typing began
  draft: D
}

const begin = <T, D>(of: T, d: D): Held<T, D> => ({ seen: of, from: of, base: d, began: d, draft: d })

/** What is untouched follows `fresh`; what was typed stays. */
function rebased<D extends object>(draft: D, base: D, fresh: D): D {
  const out = { ...fresh }
  for (const k of Object.keys(draft) as (keyof D)[]) if (draft[k] !== base[k]) out[k] = draft[k]
  return out
}

function differences(was: object, is: object): Difference[] {
  const all = { ...was, ...is }
  const at = (o: object, k: string) => (o as Record<string, unknown>)[k]
  return Object.keys(all).flatMap((k) => (JSON.stringify(at(was, k)) === JSON.stringify(at(is, k)) ? [] : [{ field: k, was: at(was, k), is: at(is, k) }]))
}

/**
 * Something as it is being edited, beside what becomes of it meanwhile: what others change is taken over where nothing was
 * typed, and said (`theirs`) where something was. `sent` makes of a draft what the API takes.
 */
export function useDraft<T extends Edited, D extends object, B extends object>(now: T, draftOf: (t: T) => D, sent: (d: D) => B) {
  const queries = useQueryClient()
  const [h, hold] = useState(() => begin(now, draftOf(now)))
  if (now !== h.seen) {
    // What is older than what was saved here is an answer that came late.
    if (now.edition < h.from.edition) hold({ ...h, seen: now })
    else {
      const fresh = draftOf(now)
      const same = differences(sent(h.base), sent(fresh)).length === 0
      const typed = differences(sent(h.base), sent(h.draft)).length > 0
      if (!typed) hold(begin(now, same ? h.draft : fresh))
      else hold(same ? { ...h, seen: now, from: now } : { seen: now, from: now, base: fresh, began: h.began, draft: rebased(h.draft, h.base, fresh) })
    }
  }
  return {
    draft: h.draft,
    edit: (change: Partial<D>) => hold((old) => ({ ...old, draft: { ...old.draft, ...change } })),
    /** Whether there is something that is not saved. */
    typed: differences(sent(h.base), sent(h.draft)).length > 0,
    /** Who changed what since typing began. */
    theirs: h.began === h.base ? undefined : { by: h.from.edited_by, at: h.from.edited_at, changes: differences(sent(h.began), sent(h.base)) },
    take: () => hold(begin(h.from, h.base)),
    /** Sends it; what somebody else changed is looked at before it is said. */
    save: async (put: (body: B, query: { edition: number }) => Promise<{ data: T }>): Promise<T> => {
      try {
        const { data } = await put(sent(h.draft), { edition: h.from.edition })
        hold((old) => ({ ...begin(data, draftOf(data)), seen: old.seen }))
        return data
      } catch (error) {
        if (error instanceof Problem && error.code === 'directory.edited') await queries.invalidateQueries({ queryKey: keys.owned })
        throw error
      }
    },
  }
}
