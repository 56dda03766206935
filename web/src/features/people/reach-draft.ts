import type { StepBody, UserBody, UserEdit } from '@/shared/api/client'
import { written } from '@/shared/lib/time'

/** A person's contacts and rules as they are being edited. Steps name contacts by their key: names change. */
export interface Draft {
  contacts: Contact[]
  high: Step[]
  low: Step[]
}

export interface Contact {
  key: string
  id?: string // of one that is saved
  name: string
  kind: string
  to: string
}

export interface Step {
  key: number
  after: string
  contact: string
  hours: string
}

let count = 0
export const newKey = () => ++count

export function draftOf(u: Pick<UserBody, 'contacts' | 'rules'>): Draft {
  const contacts = (u.contacts ?? []).map((c) => ({ key: c.id, id: c.id, name: c.name, kind: c.kind, to: c.to }))
  const steps = (list: StepBody[] | null) =>
    (list ?? []).map((s) => ({ key: newKey(), after: written(s.after ?? '0s'), contact: contacts.find((c) => c.name === s.contact)?.key ?? '', hours: s.hours ?? '' }))
  return { contacts, high: steps(u.rules.high), low: steps(u.rules.low) }
}

/** The draft as the API takes it. Steps by a contact that is gone go with it. */
export function edited(d: Draft): UserEdit {
  const steps = (list: Step[]) =>
    list.flatMap((s) => {
      const c = d.contacts.find((x) => x.key === s.contact)
      return c === undefined ? [] : [{ after: s.after === '' ? '0s' : s.after, contact: c.name, ...(s.hours === '' ? {} : { hours: s.hours }) }]
    })
  return {
    contacts: d.contacts.map((c) => ({ name: c.name, kind: c.kind, to: c.to, ...(c.id === undefined ? {} : { id: c.id }) })),
    high: steps(d.high),
    low: steps(d.low),
  }
}
