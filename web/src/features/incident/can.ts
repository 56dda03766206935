import type { IncidentBody, Me } from '@/shared/api/client'

/** Why something cannot be done, in the user's words; undefined where it can. */
export type Why = string | undefined

const mayRespond = (me: Me | undefined): Why =>
  me === undefined ? 'Still finding out who you are' : me.role === 'viewer' ? 'Viewers look on: ask an admin for the role of a responder' : undefined

const over = (i: Pick<IncidentBody, 'status'>): Why => (i.status === 'resolved' ? 'It is resolved already' : undefined)

/** What somebody can do with an incident. */
export const incidentCan = {
  acknowledge: (me: Me | undefined, i: Pick<IncidentBody, 'status' | 'assignee'>): Why =>
    mayRespond(me) ?? over(i) ?? (i.status === 'acknowledged' ? `${i.assignee ?? 'Somebody'} has acknowledged it already` : undefined),
  work: (me: Me | undefined, i: Pick<IncidentBody, 'status'>): Why => mayRespond(me) ?? over(i),
  takeOver: (me: Me | undefined, i: Pick<IncidentBody, 'status' | 'assignee'>): Why =>
    mayRespond(me) ?? over(i) ?? (i.assignee !== null && i.assignee === me?.name ? 'It is yours already' : undefined),
  escalate: (me: Me | undefined, i: Pick<IncidentBody, 'status'>): Why =>
    mayRespond(me) ?? over(i) ?? (i.status === 'acknowledged' ? 'Somebody has it: pass it on, or reopen it' : undefined),
  reopen: (me: Me | undefined): Why => mayRespond(me),
  note: (me: Me | undefined): Why => mayRespond(me),
}
