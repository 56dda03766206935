import { expect, test } from 'vitest'

import { draftOf, edited } from './reach-draft'

const user = {
  contacts: [
    { id: 'c1', name: 'mail', kind: 'email', to: 'ana@example.org', verified: true },
    { id: 'c2', name: 'phone', kind: 'sms', to: '+34600000000', verified: true },
  ],
  rules: { high: [{ after: '0s', contact: 'phone' }, { after: '2m0s', contact: 'mail' }], low: [{ after: '0s', contact: 'mail', hours: '08:00-20:00' }] },
}

test('a contact that gets another name keeps its id and its steps', () => {
  const d = draftOf(user)
  d.contacts = d.contacts.map((c) => (c.name === 'mail' ? { ...c, name: 'post' } : c))
  expect(edited(d)).toEqual({
    contacts: [
      { id: 'c1', name: 'post', kind: 'email', to: 'ana@example.org' },
      { id: 'c2', name: 'phone', kind: 'sms', to: '+34600000000' },
    ],
    high: [
      { after: '0s', contact: 'phone' },
      { after: '2m', contact: 'post' },
    ],
    low: [{ after: '0s', contact: 'post', hours: '08:00-20:00' }],
  })
})

test('steps by a contact that is gone go with it', () => {
  const d = draftOf(user)
  d.contacts = d.contacts.filter((c) => c.name !== 'mail')
  expect(edited(d)).toMatchObject({ high: [{ contact: 'phone' }], low: [] })
})
