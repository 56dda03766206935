import { queryOptions } from '@tanstack/react-query'

import { listServices, listTeams, listUsers } from './client'
import { keys } from './keys'

// What people own changes seldom: it is asked for again after some minutes.
const staleTime = 300_000

export const usersQuery = queryOptions({
  queryKey: keys.directory('users'),
  queryFn: async ({ signal }) => (await listUsers({ signal })).data.items ?? [],
  staleTime,
})

export const teamsQuery = queryOptions({
  queryKey: keys.directory('teams'),
  queryFn: async ({ signal }) => (await listTeams({ signal })).data.items ?? [],
  staleTime,
})

export const servicesQuery = queryOptions({
  queryKey: keys.directory('services'),
  queryFn: async ({ signal }) => (await listServices({ signal })).data.items ?? [],
  staleTime,
})
