import { expect, test } from 'vitest'

import type { EntryBody, MessageBody } from '@/shared/api/client'
import { safeLink } from './labels'
import { clock, shortly } from '@/shared/lib/time'
import { entryWords, fold, nextSaid, nextWords, told } from './told'

const message = (more: Partial<MessageBody>): MessageBody => ({
  id: 'm', kind: 'sms', recipient: 'u-ana', to: '+34', purpose: 'page', status: 'delivered', attempt: 1, may_repeat: false, digest: false,
  incidents: [1], created_at: '2026-03-01T03:12:00Z', sent_at: '2026-03-01T03:12:01Z', next_at: null, expires_at: null, tries: [], ...more,
})

test('one line a person, the newest message of each way', () => {
  const list = told(
    [
      message({ kind: 'voice', status: 'failed', created_at: '2026-03-01T03:14:00Z', sent_at: '2026-03-01T03:14:00Z' }),
      message({ status: 'failed', created_at: '2026-03-01T03:11:00Z' }),
      message({}),
      message({ purpose: 'update', kind: 'email' }),
      message({ recipient: 'c-ops', to: '#ops', kind: 'slack', status: 'accepted' }),
    ],
    [{ id: 'u-ana', name: 'Ana' }],
  )
  expect(list.map((t) => [t.name, t.by.map((b) => `${b.kind} ${b.word}`)])).toEqual([
    ['Ana', ['SMS delivered', 'call FAILED']],
    ['#ops', ['Slack sent']],
  ])
})

test('a provider that takes nothing is said to fail, and why, also while it is tried again', () => {
  const users = [{ id: 'u-ana', name: 'Ana' }]
  const by = (more: Partial<MessageBody>) => told([message({ kind: 'email', sent_at: null, ...more })], users)[0]?.by[0]
  expect(by({ status: 'retrying', attempt: 2, detail: 'connection refused', next_at: '2026-03-01T03:13:00Z' })).toEqual({ kind: 'mail', word: 'FAILED: connection refused, tried again', at: '2026-03-01T03:13:00Z', failed: true })
  expect(by({ status: 'retrying', attempt: 0 })?.failed).toBe(false) // not tried yet
  expect(by({ status: 'failed', detail: 'no such mailbox' })?.word).toBe('FAILED: no such mailbox')
})

const entry = (kind: string, text: string, recipient?: string): EntryBody =>
  ({ kind, text, at: '2026-03-01T03:12:00Z', actor: { kind: 'system', name: 'Rouse' }, ...(recipient === undefined ? {} : { data: { recipient } }) }) as EntryBody

test('deliveries of one person in a row are one line, the newest first', () => {
  const lines = fold([entry('opened', '1'), entry('page_accepted', '2', 'ana'), entry('delivery_confirmed', '3', 'ana'), entry('page_accepted', '4', 'ben'), entry('note', '5', 'ben')])
  expect(lines.map((l) => (l.kind === 'entry' ? l.entry.text : l.entries.map((e) => e.text)))).toEqual(['5', '4', ['3', '2'], '1'])
})

test('what comes next', () => {
  const who = [{ kind: 'user' as const, id: 'b', name: 'Ben', by: [] }]
  expect(nextWords({ at: '', level: 2, what: 'escalate', who }, [{ id: 'a' }])).toBe('Ben')
  expect(nextWords({ at: '', level: 1, what: 'escalate', who }, [{ id: 'a' }, { id: 'b' }])).toBe('Ben again')
  expect(nextWords({ at: '', level: 0, what: 'escalate', who: [] }, [])).toBe('The next level is paged')
  expect(nextWords({ at: '', level: 0, what: 'snooze', who }, [])).toBe('The snooze ends')
})

test('what comes next, whole: the level, when, and who by what', () => {
  const who = [
    { kind: 'user' as const, id: 'b', name: 'Ben', by: ['sms', 'voice'] },
    { kind: 'user' as const, id: 'a', name: 'Ana', by: ['email'] },
    { kind: 'channel' as const, id: 'c', name: 'ops', by: ['slack'] },
  ]
  expect(nextSaid({ at: '', level: 2, what: 'escalate', who }, [{ id: 'a' }], 'in 4:12')).toBe('Level 2 in 4:12: Ben by SMS, Ana again by mail, ops')
  expect(nextSaid({ at: '', level: 0, what: 'snooze', who: [] }, [], 'in 4:12')).toBe('The snooze ends in 4:12')
})

test('only links that lead to a page can be followed', () => {
  expect(['javascript:alert(1)', 'JaVaScRiPt:x', 'data:text/html,x', '/relative', '', undefined].map(safeLink)).toEqual(Array(6).fill(undefined))
  expect(safeLink('https://example.org/x')).toBe('https://example.org/x')
})

test('a moment in a line of the timeline is this device’s, and a note stays as it was written', () => {
  const at = '2026-03-01T12:00:00Z'
  const own = clock(new Date('2026-03-01T14:14:00Z'))
  expect(entryWords({ kind: 'snoozed', at, text: 'Ana snoozed it until 2026-03-01 14:14 UTC' })).toBe(`Ana snoozed it until ${own}`)
  expect(entryWords({ kind: 'repage_waits', at, text: 'paging goes on at 14:14:05 UTC' })).toBe(`paging goes on at ${own}`)
  expect(entryWords({ kind: 'note', at, text: 'at 14:14 UTC' })).toBe('at 14:14 UTC')
  for (const text of ['Opened by Backup: the one of 03:00 UTC', 'Opened by Backup: at 25:00 UTC', 'Opened by Backup: 2026-13-40 12:00 UTC']) expect(entryWords({ kind: 'opened', at, text })).toBe(text)
  expect(entryWords({ kind: 'snoozed', at, text: 'Ana snoozed it until 2026-13-40 12:00 UTC' })).toContain('2026-13-40 12:00 UTC')
  const late = '2026-03-01T23:50:00Z'
  expect(entryWords({ kind: 'repage_waits', at: late, text: 'paging goes on at 00:05:00 UTC' })).toBe(`paging goes on at ${shortly('2026-03-02T00:05:00Z', Date.parse(late))}`)
  expect(entryWords({ kind: 'round', at, text: 'Round 3: given back' })).toBe('Paging begins anew: given back')
})

test('lengths of time are as people say them, but for what people wrote', () => {
  const at = '2026-03-01T12:00:00Z'
  expect(entryWords({ kind: 'held', at, text: 'Nobody is paged for 2m0s: it may heal itself' })).toBe('Nobody is paged for 2 min: it may heal itself')
  expect(entryWords({ kind: 'grace', at, text: 'Alerts that fire on: 1. What still fires in 1h30m0s comes back' })).toContain('in 1 h 30 min comes back')
  expect(entryWords({ kind: 'note', at, text: 'wait 2m0s' })).toBe('wait 2m0s')
})
