import { useState, type ReactNode } from 'react'

import { Area, tooLong } from '@/shared/ui/field'
import { useAct, type Act } from './act'
import type { Question } from './ask'

export interface Props {
  question: Question
  close: () => void
}

/** What is done with the incidents in question. */
export type What = Act extends infer A ? (A extends { ids: string[] } ? Omit<A, 'ids'> : never) : never

/** Sends for the incidents in question, and for others where they are named, then closes. */
export function useAnswer({ question, close }: Props) {
  const act = useAct()
  const answer = (what: What, others: string[] = []) => act.mutate({ ...what, ids: [...question.incidents.map((i) => i.id), ...others] } as Act, { onSuccess: close })
  return { sending: act.isPending, answer }
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

/** The buttons of a dialog; they stay in sight where it is long. */
export function Answers({ stay = false, children }: { stay?: boolean; children: ReactNode }) {
  return <div className={`mt-4 flex gap-2 ${stay ? 'sticky -bottom-4 -mx-4 -mb-4 flex-row justify-end border-t border-line bg-ground p-4' : 'flex-col sm:flex-row sm:flex-wrap sm:justify-end'}`}>{children}</div>
}
