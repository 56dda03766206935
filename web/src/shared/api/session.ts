import { queryOptions } from '@tanstack/react-query'

import { showSession } from './client'
import { keys } from './keys'

/** Who is signed in. */
export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async ({ signal }) => (await showSession({ signal })).data,
  staleTime: 60_000,
})
