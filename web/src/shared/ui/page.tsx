import type { ReactNode } from 'react'

import { useTitle } from './title'

/** A page's name, where it belongs, and what can be done with all of it. */
export function Page({ title, above, actions, children }: { title: string; above?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  useTitle(title)
  return (
    <>
      {above === undefined ? null : <p className="text-muted">{above}</p>}
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <h1 className="min-w-0 grow text-xl font-semibold">
          <bdi>{title}</bdi>
        </h1>
        {actions}
      </div>
      {children}
    </>
  )
}

/** A part of a page. */
export function Part({ title, children, className = 'mt-6' }: { title: string; children: ReactNode; className?: string }) {
  return (
    <section className={className}>
      <h2 className="mb-2 font-semibold">{title}</h2>
      {children}
    </section>
  )
}

/** Lines of a list; each is as high as a thumb needs. */
export function Lines({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul aria-label={label} className="border-t border-line">
      {children}
    </ul>
  )
}

export const lineLook = 'flex min-h-12 flex-wrap items-center gap-x-3 border-b border-line py-1 lg:min-h-9'
