import { keepPreviousData, queryOptions } from '@tanstack/react-query'

import { countPages, showInsight } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { query, type Asked } from './search'

const staleTime = 60_000

export const insightQuery = (of: Asked) =>
  queryOptions({
    queryKey: [...keys.insight, of],
    queryFn: async ({ signal }) => (await showInsight({ query: query(of), signal })).data,
    placeholderData: keepPreviousData,
    staleTime,
  })

export const pagesQuery = (of: Asked) =>
  queryOptions({
    queryKey: [...keys.insight, 'pages', of],
    queryFn: async ({ signal }) => (await countPages({ query: query(of), signal })).data.people ?? [],
    placeholderData: keepPreviousData,
    staleTime,
  })
