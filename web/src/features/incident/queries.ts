import { queryOptions } from '@tanstack/react-query'

import { listIncidentAlerts, listIncidentMessages, showIncidentTimeline, showIncidentV1, showSimilarIncidents } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { Problem } from '@/shared/api/problem'
import { heardServerTime } from '@/shared/lib/now'

/** One incident, by id or number; null where there is none: an answer like another, which stays while it is asked for anew. */
export const incidentQuery = (ref: string) =>
  queryOptions({
    queryKey: [...keys.incident(ref), 'state'],
    queryFn: async ({ signal }) => {
      try {
        const { data, response } = await showIncidentV1({ path: { id: ref }, signal })
        heardServerTime(response.headers.get('Date'))
        return data
      } catch (e) {
        if (e instanceof Problem && e.status === 404) return null
        throw e
      }
    },
  })

export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.incident(id), 'timeline'],
    queryFn: async ({ signal }) => (await showIncidentTimeline({ path: { id }, signal })).data.entries ?? [],
  })

export const alertsQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.incident(id), 'alerts'],
    queryFn: async ({ signal }) => {
      const { data } = await listIncidentAlerts({ path: { id }, signal })
      return { alerts: data.alerts ?? [], shared: data.shared }
    },
  })

export const messagesQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.incident(id), 'messages'],
    queryFn: async ({ signal }) => (await listIncidentMessages({ path: { id }, signal })).data.messages ?? [],
  })

export const similarQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.incident(id), 'similar'],
    queryFn: async ({ signal }) => (await showSimilarIncidents({ path: { id }, signal })).data,
  })
