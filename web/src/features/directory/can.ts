import type { Me, UserBody } from '@/shared/api/client'

/** Why something cannot be done, in the user's words; undefined where it can. */
export type Why = string | undefined

/** What somebody can do with what people own. */
export const directoryCan = {
  edit: (me: Me | undefined): Why =>
    me === undefined ? 'Still finding out who you are' : me.role === 'admin' ? undefined : `Only admins change this; your role is ${me.role}`,
  editUser: (me: Me | undefined, u: Pick<UserBody, 'id'>): Why => (me !== undefined && me.user === u.id ? undefined : directoryCan.edit(me)),
}
