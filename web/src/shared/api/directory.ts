import { queryOptions } from '@tanstack/react-query'

import { listChannelKinds, listChannelRooms, listChannels, listIntegrations, listPolicies, listServices, listTeams, listUsers, showSettings, type UserBody } from './client'
import { keys } from './keys'

// What people own changes seldom: it is asked for again when somebody has changed it, here or elsewhere, which the stream
// says, and after some minutes in any case.
const staleTime = 300_000

export const usersQuery = queryOptions({
  queryKey: keys.directory('users'),
  queryFn: async ({ signal }) => (await listUsers({ signal })).data.items ?? [],
  staleTime,
})

/** Whether somebody's contacts are known: what a browser keeps for when there is no network has none. */
export const contactsKnown = (u: UserBody): boolean => (u.contacts as unknown) !== undefined

/** Whether no page reaches somebody: no contact of theirs is verified and used. */
export const cannotBePaged = (u: UserBody): boolean => contactsKnown(u) && !(u.contacts ?? []).some((c) => c.verified && c.stopped !== true)

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

export const policiesQuery = queryOptions({
  queryKey: keys.directory('policies'),
  queryFn: async ({ signal }) => (await listPolicies({ signal })).data.items ?? [],
  staleTime,
})

export const channelsQuery = queryOptions({
  queryKey: keys.directory('channels'),
  queryFn: async ({ signal }) => (await listChannels({ signal })).data.items ?? [],
  staleTime,
})

/** Integrations say when they were last heard of, which changes every minute. */
export const integrationsQuery = queryOptions({
  queryKey: keys.directory('integrations'),
  queryFn: async ({ signal }) => (await listIntegrations({ signal })).data.items ?? [],
  staleTime: 10_000,
})

export const settingsQuery = queryOptions({
  queryKey: keys.directory('settings'),
  queryFn: async ({ signal }) => (await showSettings({ signal })).data,
  staleTime,
})

/** Where the bots of chats are: who adds one to a team expects to find it here. */
export const channelRoomsQuery = queryOptions({
  queryKey: keys.directory('channel-rooms'),
  queryFn: async ({ signal }) => (await listChannelRooms({ signal })).data.rooms ?? [],
  staleTime: 10_000,
})

export const channelKindsQuery = queryOptions({
  queryKey: keys.directory('channel-kinds'),
  queryFn: async ({ signal }) => (await listChannelKinds({ signal })).data.kinds ?? [],
  staleTime,
})
