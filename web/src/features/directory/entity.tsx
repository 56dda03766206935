import { useQuery, type UseQueryOptions } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { Empty, Failed, Loading } from '@/shared/ui/states'
import { kinds, type Kind } from './kinds'

interface Props<T> {
  kind: Kind
  id: string
  query: UseQueryOptions<T[], Error, T[], readonly ['directory', string]>
  children: (entity: T) => ReactNode
}

/** One of a list, by its id: what the page shows of it, or that it is gone. */
export function Entity<T extends { id: string }>({ kind, id, query, children }: Props<T>) {
  const { data, error, refetch } = useQuery(query)
  if (error !== null && data === undefined) return <Failed error={error} retry={() => void refetch()} />
  if (data === undefined) return <Loading />
  const found = data.find((e) => e.id === id)
  if (found === undefined) {
    return (
      <Empty page title={`There is no such ${kinds[kind].one}`}>
        <Link to={kinds[kind].path} className="underline">
          See those that are there
        </Link>
      </Empty>
    )
  }
  return children(found)
}
