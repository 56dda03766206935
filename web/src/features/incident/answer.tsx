import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react'

import { Area, tooLong } from '@/shared/ui/field'
import { say } from '@/shared/ui/toast'
import { useAct, type Act, type Refuse } from './act'
import type { Question } from './ask'

export interface Props {
  question: Question
  close: () => void
}

/** What is done with the incidents in question. */
export type What = Act extends infer A ? (A extends { ids: string[] } ? Omit<A, 'ids'> : never) : never

/** What is refused while the dialog is open stands in it, beside its buttons; once it is closed, where all news does. */
export function useRefused() {
  const [refused, tell] = useState<string | undefined>()
  const open = useRef(false)
  useEffect(() => {
    open.current = true
    return () => void (open.current = false)
  }, [])
  const refuse = useCallback<Refuse>((text, of = []) => (open.current ? tell(text) : say(text, 'failed', undefined, of)), [])
  return { refused, refuse }
}

/** Sends for the incidents in question, and for others where they are named, then closes. */
export function useAnswer({ question, close }: Props) {
  const { refused, refuse } = useRefused()
  const act = useAct(refuse)
  const answer = (what: What, others: string[] = []) => act.mutate({ ...what, ids: [...question.incidents.map((i) => i.id), ...others] } as Act, { onSuccess: close })
  return { sending: act.isPending, answer, refused: act.isPending ? undefined : refused }
}

/** As long as a note may be. */
const longest = 2000

/** What somebody writes of it, in several lines; `why` it cannot be sent so. */
export function useNote(label = 'Note (optional)') {
  const [note, write] = useState('')
  return { note, why: tooLong(note, longest), field: <Area label={label} value={note} most={longest} onChange={(e) => write(e.target.value)} /> }
}

/** Why nothing can be sent yet, to be read: a title alone is never seen where one touches. */
export const Missing = ({ why }: { why: string | undefined }) => (why === undefined ? null : <p className="grow self-center text-muted">{why}.</p>)

/** The buttons of a dialog, and what was refused when one was pressed; they stay in sight where it is long. */
export function Answers({ stay = false, refused, children }: { stay?: boolean; refused?: string | undefined; children: ReactNode }) {
  return (
    <div className={`mt-4 ${stay ? 'sticky -bottom-4 -mx-4 -mb-4 border-t border-line bg-ground p-4' : ''}`}>
      {refused === undefined ? null : (
        <p role="alert" className="mb-3 font-medium text-error">
          {refused}
        </p>
      )}
      <div className={`flex gap-2 ${stay ? 'justify-end' : 'flex-col sm:flex-row sm:flex-wrap sm:justify-end'}`}>{children}</div>
    </div>
  )
}
