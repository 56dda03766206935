import type { ReactNode } from 'react'

import { Button, useOnline } from './button'

/** What is shown where there is nothing: it says what to do. page: it is all that the page has. */
export function Empty({ title, page = false, children }: { title: string; page?: boolean; children?: ReactNode }) {
  const Title = page ? 'h1' : 'p'
  return (
    <div className="rounded-md border border-dashed border-line p-8 text-center">
      <Title className="font-semibold">{title}</Title>
      {children === undefined ? null : <div className="mt-1 text-muted">{children}</div>}
    </div>
  )
}

/** What went wrong, in words, with another try. */
export function Failed({ error, retry }: { error: Error; retry: () => void }) {
  return (
    <div role="alert" className="rounded-md border border-error p-4">
      <p className="font-semibold text-error">{error.message}</p>
      <Button className="mt-3" onClick={retry}>
        Try again
      </Button>
    </div>
  )
}

export function Loading() {
  const online = useOnline()
  return (
    <p role="status" className="p-8 text-center text-muted">
      {online ? 'Loading…' : 'There is no connection, and this was not looked at before on this device. It is loaded when there is one.'}
    </p>
  )
}
