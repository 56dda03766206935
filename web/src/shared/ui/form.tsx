import { useMutation } from '@tanstack/react-query'
import { useMemo, type ReactNode } from 'react'

import { Problem } from '@/shared/api/problem'
import { SendButton } from './button'
import { Wrong } from './field'

interface Props<T> {
  send: () => Promise<T>
  done: (saved: T) => void
  /** Why nothing can be changed here. */
  why?: string | undefined
  verb?: string
  children: ReactNode
  /** Beside the button. */
  more?: ReactNode
}

/** Fields that are saved together. What the server finds wrong stands at its field, the rest above the button. */
export function Form<T>({ send, done, why, verb = 'Save', children, more }: Props<T>) {
  const save = useMutation({ mutationFn: send, onSuccess: done })
  const problem = save.error
  const wrong = useMemo(() => (problem instanceof Problem ? Object.fromEntries(problem.errors.filter((e) => e.field !== '').map((e) => [e.field, e.message])) : {}), [problem])
  return (
    <form
      noValidate
      onSubmit={(e) => {
        e.preventDefault()
        if (why === undefined) save.mutate()
      }}
    >
      <Wrong value={wrong}>
        {why === undefined ? null : <p className="mb-3 rounded-md border border-line bg-surface p-3 text-muted">{why}.</p>}
        <fieldset disabled={why !== undefined} className="flex min-w-0 flex-col gap-3">
          {children}
        </fieldset>
      </Wrong>
      {problem === null ? null : (
        <div role="alert" className="mt-3 rounded-md border border-error p-3 text-error">
          <p className="font-semibold">NOT saved: {problem.message}</p>
          {problem instanceof Problem && problem.errors.length > 1 ? (
            <ul className="list-inside list-disc">
              {problem.errors.map((e) => (
                <li key={e.field + e.message}>
                  {e.field}: {e.message}
                </li>
              ))}
            </ul>
          ) : null}
        </div>
      )}
      <div className="mt-4 flex flex-wrap items-center gap-2">
        <SendButton type="submit" look="primary" sending={save.isPending} why={why}>
          {verb}
        </SendButton>
        {more}
      </div>
    </form>
  )
}
