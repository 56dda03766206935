import { queryOptions } from '@tanstack/react-query'

import { showPaging } from './client'
import { keys } from './keys'

interface Ready {
  status: string
  checks: Record<string, { ok: boolean; detail: string }>
}

/** What is not well with Rouse itself, in words; empty where all is. */
export const healthQuery = queryOptions({
  queryKey: keys.health,
  queryFn: async ({ signal }) => {
    const r = (await (await fetch('/ready', { signal })).json()) as Ready // 503 has the same body
    return Object.entries(r.checks)
      .filter(([, c]) => !c.ok)
      .map(([name, c]) => `${name}: ${c.detail}`)
  },
  refetchInterval: 60_000,
})

/** Whether paging is held. */
export const pagingQuery = queryOptions({
  queryKey: keys.paging,
  queryFn: async ({ signal }) => (await showPaging({ signal })).data,
  refetchInterval: 60_000,
})
