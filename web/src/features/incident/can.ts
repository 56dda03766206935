import type { IncidentBody, Me } from '@/shared/api/client'

/** Why something cannot be done, in the user's words; undefined where it can. */
export type Why = string | undefined

const mayRespond = (me: Me | undefined): Why =>
  me === undefined ? 'Still finding out who you are' : me.role === 'viewer' ? 'Viewers look on: ask an admin for the role of a responder' : undefined

const over = (i: Pick<IncidentBody, 'status'>): Why => (i.status === 'resolved' ? 'It is resolved already' : undefined)

/** How much something can matter, as people say. */
export const priorities = ['P1', 'P2', 'P3', 'P4', 'P5'] as const

/** How many can be merged at once. */
export const mostMerged = 50

/** Of the least severities nobody is paged, and so there is nothing to snooze, pass on or escalate. */
export const pagesNobody = (i: Pick<IncidentBody, 'severity'> | undefined): boolean => i?.severity === 'info' || i?.severity === 'none'

/** Whether somebody is paged of it as long as nobody answers. */
export const isPaged = (i: Pick<IncidentBody, 'status' | 'severity' | 'silence'>): boolean => i.status === 'open' && !pagesNobody(i) && i.silence?.all !== true

const quiet = (i: Pick<IncidentBody, 'severity'>): Why => (pagesNobody(i) ? `It is of severity ${i.severity}: it pages nobody` : undefined)

/** What somebody can do with an incident. */
export const incidentCan = {
  acknowledge: (me: Me | undefined, i: Pick<IncidentBody, 'status' | 'assignee'>): Why =>
    mayRespond(me) ?? over(i) ?? (i.status === 'acknowledged' ? `${i.assignee ?? 'Somebody'} has acknowledged it already` : undefined),
  work: (me: Me | undefined, i: Pick<IncidentBody, 'status'>): Why => mayRespond(me) ?? over(i),
  page: (me: Me | undefined): Why => mayRespond(me),
  /** What pages somebody, or lets paging wait. */
  direct: (me: Me | undefined, i: Pick<IncidentBody, 'status' | 'severity'>): Why => mayRespond(me) ?? over(i) ?? quiet(i),
  takeOver: (me: Me | undefined, i: Pick<IncidentBody, 'status' | 'assignee'>): Why =>
    mayRespond(me) ?? over(i) ?? (i.assignee !== null && i.assignee === me?.name ? 'It is yours already' : undefined),
  escalate: (me: Me | undefined, i: Pick<IncidentBody, 'status' | 'severity'>): Why =>
    mayRespond(me) ?? over(i) ?? quiet(i) ?? (i.status === 'acknowledged' ? 'Somebody has it: pass it on, or reopen it' : undefined),
  reopen: (me: Me | undefined): Why => mayRespond(me),
  note: (me: Me | undefined): Why => mayRespond(me),
}
