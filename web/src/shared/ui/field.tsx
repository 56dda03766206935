import { createContext, use, useId, type ComponentProps, type ReactNode } from 'react'

const box = 'min-h-12 w-full rounded-md border bg-ground px-2 text-base text-text disabled:opacity-60 lg:min-h-9 lg:text-sm'

/** What is wrong, by the names of fields: a form puts it around them. */
export const Wrong = createContext<Record<string, string>>({})

interface Around {
  label: string
  hint?: ReactNode
  name?: string | undefined
  className?: string | undefined
  children: (own: { id: string; className: string; 'aria-invalid'?: true; 'aria-describedby'?: string }) => ReactNode
}

function Labelled({ label, hint, name, className = '', children }: Around) {
  const id = useId()
  const all = use(Wrong)
  const wrong = name === undefined ? undefined : all[name]
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

export function Field({ label, hint, className, ...rest }: ComponentProps<'input'> & { label: string; hint?: ReactNode }) {
  return (
    <Labelled label={label} hint={hint} name={rest.name} className={className}>
      {(own) => <input autoComplete="off" {...rest} {...own} />}
    </Labelled>
  )
}

/** A text of several lines. */
export function Area({ label, hint, className, ...rest }: ComponentProps<'textarea'> & { label: string; hint?: ReactNode }) {
  return (
    <Labelled label={label} hint={hint} name={rest.name} className={className}>
      {(own) => <textarea rows={3} {...rest} {...own} className={`${own.className} py-1`} />}
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
