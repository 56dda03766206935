import { useState } from 'react'

import { matching } from '@/shared/lib/matching'
import { Field } from './field'

interface Option {
  value: string
  text: string
}

interface Props {
  label: string
  options: Option[]
  chosen: string[]
  choose: (chosen: string[]) => void
  placeholder?: string
  /** What is said where there is nothing to choose from. */
  none: string
}

const most = 8

/** A choice of several out of many: what is chosen stays in sight, of the others those that fit the words. */
export function PickMany({ label, options, chosen, choose, placeholder, none }: Props) {
  const [words, type] = useState('')
  if (options.length === 0) return <p className="text-muted">{none}</p>
  const fit = matching(
    options.filter((o) => !chosen.includes(o.value)),
    words,
    (o) => o.text,
  )
  const shown = [...options.filter((o) => chosen.includes(o.value)), ...fit.slice(0, most)]
  return (
    <fieldset className="min-w-0">
      <legend className="sr-only">{label}</legend>
      <Field label={label} type="search" autoComplete="off" value={words} placeholder={placeholder} onChange={(e) => type(e.target.value)} onKeyDown={(e) => (e.key === 'Enter' ? e.preventDefault() : undefined)} />
      <ul className="mt-1">
        {shown.map((o) => (
          <li key={o.value}>
            <label className="flex min-h-12 items-center gap-2 lg:min-h-8">
              <input
                type="checkbox"
                className="size-4 shrink-0"
                checked={chosen.includes(o.value)}
                onChange={(e) => choose(e.target.checked ? [...chosen, o.value] : chosen.filter((c) => c !== o.value))}
              />
              <bdi className="min-w-0 truncate">{o.text}</bdi>
            </label>
          </li>
        ))}
      </ul>
      {fit.length > most ? <p className="text-sm text-muted">and {fit.length - most} more: type to find them</p> : null}
      {fit.length === 0 && words !== '' ? <p className="text-sm text-muted">Nothing else fits “{words}”</p> : null}
    </fieldset>
  )
}
