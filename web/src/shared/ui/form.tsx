import { useMemo, useRef, type ReactNode } from 'react'

import { Problem } from '@/shared/api/problem'
import { useSend } from '@/shared/lib/use-send'
import { SendButton } from './button'
import { Wrong } from './field'
import { Leaving } from './leaving'
import { SignInAgain } from './sign-in-again'

interface Props<T> {
  send: () => Promise<T>
  done: (saved: T) => void
  /** Why nothing can be changed here. */
  why?: string | undefined
  verb?: string
  /** Whether there is something to lose, where the form's owner knows; else what was typed in it. */
  typed?: boolean
  children: ReactNode
  /** Beside the button. */
  more?: ReactNode
}

/** Fields that are saved together. What the server finds wrong stands at its field, the rest above the button. */
export function Form<T>({ send, done, why, verb = 'Save', typed, children, more }: Props<T>) {
  const form = useRef<HTMLFormElement>(null)
  const touched = useRef(false)
  const save = useSend({
    mutationFn: send,
    onSuccess: (saved) => {
      touched.current = false
      done(saved)
    },
  })
  const problem = save.error
  const wrong = useMemo(() => (problem instanceof Problem ? Object.fromEntries(problem.errors.filter((e) => e.field !== '').map((e) => [e.field, e.message])) : {}), [problem])
  return (
    <form
      ref={form}
      noValidate
      onChange={() => (touched.current = true)}
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
          <p className="font-semibold">NOT saved: {inPlace(form.current, problem)}</p>
          <SignInAgain after={problem} />
          {problem instanceof Problem && problem.errors.length > 1 ? (
            <ul className="list-inside list-disc">
              {problem.errors.map((e) => (
                <li key={e.field + e.message}>
                  {placeOf(form.current, e.field)}: {e.message}
                </li>
              ))}
            </ul>
          ) : null}
        </div>
      )}
      <Leaving typed={() => typed ?? touched.current} />
      <div className="mt-4 flex flex-wrap items-center gap-2">
        <SendButton type="submit" look="primary" sending={save.isPending} why={why}>
          {verb}
        </SendButton>
        {more}
      </div>
    </form>
  )
}

/** Where a field of the API is, in the words of the page: "Level 1, Time to answer" for levels[0].ack_timeout. */
function placeOf(form: HTMLFormElement | null, field: string): string {
  const found = [...(form?.elements ?? [])].find((e): e is HTMLInputElement => {
    const name = e.getAttribute('name') ?? ''
    return name !== '' && (name === field || name.startsWith(`${field}[`) || field.startsWith(`${name}.`))
  })
  const label = found?.labels?.[0]?.textContent
  if (label == null) return fieldWords(field)
  const group = found?.closest('fieldset')?.querySelector('legend')?.textContent
  return group == null || group === label ? label : `${group}, ${label}`
}

/** A field of the API in words, where no page has better ones: "level 1, ack timeout" for levels[0].ack_timeout. */
const fieldWords = (field: string): string => field.replaceAll(/s?\[(\d+)\]/g, (_, n: string) => ` ${Number(n) + 1}`).replaceAll('.', ', ').replaceAll('_', ' ')

/** What is wrong, with the page's words in place of the fields' names. */
const inPlace = (form: HTMLFormElement | null, problem: Error): string => inWords(problem, (field) => placeOf(form, field))

/** What is wrong, in words: a field's name in it is that of the page (`place`), or at least no code. */
export const inWords = (problem: Error, place = fieldWords): string =>
  problem instanceof Problem
    ? problem.errors.reduce((text, e) => (e.field === '' ? text : e.field.includes('[') ? text.replace(e.field, place(e.field)) : text.replace(`${e.field}: `, `${place(e.field)}: `)), problem.message)
    : problem.message
