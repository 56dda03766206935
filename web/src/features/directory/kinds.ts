import * as api from '@/shared/api/client'
import type { DependentBody } from '@/shared/api/client'

/** The kinds of what people own: where each has its pages, and what is done with one. */
export const kinds = {
  service: { path: '/services', one: 'service', dependents: api.listServiceDependents, remove: api.deleteService },
  policy: { path: '/policies', one: 'escalation policy', dependents: api.listPolicyDependents, remove: api.deletePolicy },
  user: { path: '/people', one: 'person', dependents: api.listUserDependents, remove: api.deleteUser },
  team: { path: '/teams', one: 'team', dependents: api.listTeamDependents, remove: api.deleteTeam },
  channel: { path: '/channels', one: 'channel', dependents: api.listChannelDependents, remove: api.deleteChannel },
  integration: { path: '/integrations', one: 'integration', dependents: api.listIntegrationDependents, remove: api.deleteIntegration },
} as const

export type Kind = keyof typeof kinds

export const dependentsOf = async (kind: Kind, name: string, signal: AbortSignal): Promise<DependentBody[]> =>
  (await kinds[kind].dependents({ path: { name }, signal })).data.dependents ?? []
