import { createContext, use, useId, type ComponentProps, type KeyboardEvent, type ReactNode } from 'react'

const box = 'min-h-12 w-full rounded-md border bg-ground px-2 text-base text-text disabled:opacity-60 lg:min-h-9 lg:text-sm'

/** What is wrong, by the names of fields: a form puts it around them. */
export const Wrong = createContext<Record<string, string>>({})

/** How long a text is where it may be so long; nothing is cut, so too long a one is said. */
const counted = (text: unknown, most: number | undefined) => {
  const n = typeof text === 'string' ? [...text].length : 0
  return { hint: most === undefined || n < most / 2 ? undefined : `${n.toLocaleString()} of ${most.toLocaleString()} characters`, over: most !== undefined && n > most }
}

/** Why a text cannot be sent: it is too long. */
export const tooLong = (text: string, most: number): string | undefined => (counted(text, most).over ? `${counted(text, most).hint}: shorten it` : undefined)

interface Around {
  label: string
  /** A text, and of how many characters it may be. */
  text?: unknown
  most?: number | undefined
  hint?: ReactNode
  name?: string | undefined
  className?: string | undefined
  children: (own: { id: string; className: string; 'aria-invalid'?: true; 'aria-describedby'?: string }) => ReactNode
}

function Labelled({ label, hint: given, name, text, most, className = '', children }: Around) {
  const id = useId()
  const all = use(Wrong)
  const count = counted(text, most)
  const hint = count.hint ?? given
  const wrong = (name === undefined ? undefined : all[name]) ?? (count.over ? `${count.hint}: shorten it` : undefined)
  const more = wrong !== undefined || hint !== undefined
  return (
    <div className={`flex min-w-0 flex-col gap-0.5 ${className}`}>
      <label htmlFor={id} className="text-xs text-muted">
        {label}
      </label>
      {children({
        id,
        className: `${box} ${wrong === undefined ? 'border-line' : 'border-error'}`,
        ...(wrong === undefined ? {} : { 'aria-invalid': true }),
        ...(more ? { 'aria-describedby': `${id}-more` } : {}),
      })}
      {more ? (
        <p id={`${id}-more`} className={`text-xs ${wrong === undefined ? 'text-muted' : 'font-medium text-error'}`}>
          {wrong ?? hint}
        </p>
      ) : null}
    </div>
  )
}

/** A text of one line; `most`: it counts the characters, and does not cut them. */
export function Field({ label, hint, className, most, ...rest }: ComponentProps<'input'> & { label: string; hint?: ReactNode; most?: number }) {
  return (
    <Labelled label={label} hint={hint} name={rest.name} text={rest.value} most={most} className={className}>
      {(own) => <input autoComplete="off" {...rest} {...own} />}
    </Labelled>
  )
}

/** A text of several lines; Ctrl Enter sends its form. `most`: it counts the characters, and does not cut them. */
export function Area({ label, hint, className, most, ...rest }: ComponentProps<'textarea'> & { label: string; hint?: ReactNode; most?: number }) {
  const send = (e: KeyboardEvent<HTMLTextAreaElement>) => (e.key === 'Enter' && (e.ctrlKey || e.metaKey) ? e.currentTarget.form?.requestSubmit() : undefined)
  return (
    <Labelled label={label} hint={hint} name={rest.name} text={rest.value} most={most} className={className}>
      {(own) => <textarea rows={3} onKeyDown={send} {...rest} {...own} className={`${own.className} py-1`} />}
    </Labelled>
  )
}

/** A choice of one, or of none where `none` has words for it. */
export function Choice({
  label,
  hint,
  options,
  none,
  className,
  ...rest
}: ComponentProps<'select'> & { label: string; hint?: ReactNode; options: { value: string; text: string }[]; none?: string }) {
  return (
    <Labelled label={label} hint={hint} name={rest.name} className={className}>
      {(own) => (
        <select {...rest} {...own}>
          {none === undefined ? null : <option value="">{none}</option>}
          {options.map((o) => (
            <option key={o.value} value={o.value}>
              {o.text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  )
}

/** Yes or no. */
export function Check({ label, hint, ...rest }: Omit<ComponentProps<'input'>, 'type'> & { label: string; hint?: ReactNode }) {
  return (
    <label className="flex min-h-12 items-center gap-2 lg:min-h-9">
      <input type="checkbox" {...rest} className="size-4 shrink-0" />
      <span>
        {label}
        {hint === undefined ? null : <span className="block text-xs text-muted">{hint}</span>}
      </span>
    </label>
  )
}

/** Some of several, in their order. */
export function Some({ label, all, chosen, change, none }: { label: string; all: { value: string; text: string }[]; chosen: string[]; change: (v: string[]) => void; none: string }) {
  return (
    <fieldset className="min-w-0">
      <legend className="text-xs text-muted">{label}</legend>
      {all.length === 0 ? <p className="text-muted">{none}</p> : null}
      <div className="flex flex-wrap gap-x-4">
        {all.map((o) => (
          <Check
            key={o.value}
            label={o.text}
            checked={chosen.includes(o.value)}
            onChange={(e) => change(e.target.checked ? [...chosen, o.value] : chosen.filter((c) => c !== o.value))}
          />
        ))}
      </div>
    </fieldset>
  )
}
