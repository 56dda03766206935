import type { ComponentProps, ReactNode } from 'react'

const box = 'min-h-12 rounded-md border border-line bg-ground px-2 text-text lg:min-h-9'

function Labelled({ label, children, className = '' }: { label: string; children: ReactNode; className?: string }) {
  return (
    <label className={`flex flex-col gap-0.5 text-xs text-muted ${className}`}>
      <span>{label}</span>
      {children}
    </label>
  )
}

export function Field({ label, className, ...rest }: ComponentProps<'input'> & { label: string }) {
  return (
    <Labelled label={label} className={className ?? ''}>
      <input {...rest} className={`${box} text-base lg:text-sm`} />
    </Labelled>
  )
}

/** A text of several lines. */
export function Area({ label, className, ...rest }: ComponentProps<'textarea'> & { label: string }) {
  return (
    <Labelled label={label} className={className ?? ''}>
      <textarea rows={3} {...rest} className={`${box} py-1 text-base lg:text-sm`} />
    </Labelled>
  )
}

/** A choice of one, or of none where `none` has words for it. */
export function Choice({ label, options, none, className, ...rest }: ComponentProps<'select'> & { label: string; options: { value: string; text: string }[]; none?: string }) {
  return (
    <Labelled label={label} className={className ?? ''}>
      <select {...rest} className={`${box} text-base lg:text-sm`}>
        {none === undefined ? null : <option value="">{none}</option>}
        {options.map((o) => (
          <option key={o.value} value={o.value}>
            {o.text}
          </option>
        ))}
      </select>
    </Labelled>
  )
}
