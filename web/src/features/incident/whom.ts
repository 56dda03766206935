import { useQuery } from '@tanstack/react-query'

import type { WhomBody } from '@/shared/api/client'
import { cannotBePaged, teamsQuery, usersQuery } from '@/shared/api/directory'

/** Who can be paged, people before teams, as the options of a choice. */
export function usePeople(): { value: string; text: string }[] {
  const { data: users } = useQuery(usersQuery)
  const { data: teams } = useQuery(teamsQuery)
  return [
    ...(users ?? []).filter((u) => !u.disabled && u.role !== 'viewer').map((u) => ({ value: `user ${u.id}`, text: `${u.name}${cannotBePaged(u) ? ' (cannot be paged)' : ''}` })),
    ...(teams ?? []).map((t) => ({ value: `team ${t.id}`, text: `Team ${t.name}` })),
  ]
}

/** Whom an option means. */
export function whomOf(value: string): WhomBody {
  const [kind, id = ''] = value.split(' ')
  return kind === 'team' ? { team: id } : { user: id }
}
