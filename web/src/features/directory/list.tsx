import type { UseQueryResult } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { Button } from '@/shared/ui/button'
import { Dialog } from '@/shared/ui/dialog'
import { Field } from '@/shared/ui/field'
import { Lines, Page } from '@/shared/ui/page'
import { Empty, Failed, Loading } from '@/shared/ui/states'
import type { Why } from './can'

/** As many as are drawn; the rest is found by its name. */
const most = 200

interface Props<T> {
  title: string
  one: string
  query: UseQueryResult<T[]>
  why: Why
  /** What makes a new one, in a dialog. */
  form: (close: () => void) => ReactNode
  line: (entity: T) => ReactNode
  words: (entity: T) => string
  empty: { title: string; text: string }
  children?: ReactNode
  below?: ReactNode
}

/** A list of one kind of what people own: to look through, and to make one more. */
export function List<T extends { id: string }>({ title, one, query, why, form, line, words, empty, children, below }: Props<T>) {
  const [making, make] = useState(false)
  const [q, search] = useState('')
  const { data, error, refetch } = query
  const found = (data ?? []).filter((e) => words(e).toLowerCase().includes(q.trim().toLowerCase()))
  const create = (
    <Button look="primary" why={why} onClick={() => make(true)}>
      New {one}
    </Button>
  )
  return (
    <Page title={title} actions={create}>
      {children}
      {error !== null && data === undefined ? <Failed error={error} retry={() => void refetch()} /> : null}
      {data === undefined && error === null ? <Loading /> : null}
      {data?.length === 0 ? <Empty title={empty.title}>{empty.text}</Empty> : null}
      {data === undefined || data.length === 0 ? null : (
        <>
          {data.length > 8 ? <Field label="Search" type="search" value={q} onChange={(e) => search(e.target.value)} className="mb-3 max-w-72" /> : null}
          {found.length === 0 ? <p className="text-muted">Nothing is called so.</p> : <Lines label={title}>{found.slice(0, most).map(line)}</Lines>}
          {found.length > most ? <p className="mt-2 text-muted">{found.length - most} more: search for them.</p> : null}
        </>
      )}
      {below}
      <Dialog title={`New ${one}`} open={making} close={() => make(false)}>
        {making ? form(() => make(false)) : null}
      </Dialog>
    </Page>
  )
}
