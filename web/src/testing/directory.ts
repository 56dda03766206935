import { http, HttpResponse } from 'msw'

import type { ChannelBody, DependentBody, ForecastBody, IntegrationBody, KindBody, MessageBody, PolicyBody, RoomBody, ServiceBody, TeamBody, UsageBody, UserBody } from '@/shared/api/client'

type Named = { id: string; name: string; edition: number; edited_by?: string; edited_at?: string }

const person = (id: string, name: string): UserBody => ({
  id,
  edition: 1,
  name,
  email: `${name.toLowerCase()}@example.org`,
  role: 'responder',
  disabled: false,
  time_zone: 'Europe/Madrid',
  contacts: [{ id: `c-${id}`, name: 'mail', kind: 'email', to: `${name.toLowerCase()}@example.org`, verified: true }],
  rules: { high: [], low: [] },
})

const service = (name: string): ServiceBody => ({ id: name, edition: 1, name, channels: [], correlate: 'service_env_severity', rules: {}, unclaimed: false })

/** What people own, with a memory: what is saved stays so, and a new integration has a key once. */
export class Directory {
  users: UserBody[] = [person('u-ana', 'Ana'), person('u-ben', 'Ben')]
  teams: TeamBody[] = [{ id: 't-web', edition: 1, name: 'web', members: [] }]
  services: ServiceBody[] = [service('payments'), service('auth')]
  policies: PolicyBody[] = [
    { id: 'p-web', edition: 1, name: 'web', version: 1, repeat: 1, default: true, levels: [{ ack_timeout: '15m0s', targets: [{ kind: 'user', id: 'u-ana', name: 'Ana' }] }] },
  ]
  channels: ChannelBody[] = [{ id: 'ch-ops', edition: 1, name: 'ops', kind: 'email', to: 'ops@example.org', options: {}, has_key: false }]
  integrations: IntegrationBody[] = [{ id: 'i-main', edition: 1, name: 'main', kind: 'alertmanager', allow: [], burst: 0, rate_limit: 0, disabled: false, first_at: null, last_at: null, alertmanager: [], has_alertmanager_login: false, silence: false, alertmanager_read_at: null }]
  quarantined = [{ id: 'q1', integration: 'i-main', at: '2026-03-01T12:00:00Z', reason: 'neither labels nor a fingerprint', raw: '{"<b>":1}' }]
  dependents: DependentBody[] = []
  /** While it is set, changes are answered so. */
  refuses: { status: number; code: string; detail: string; errors?: { field: string; message: string }[] } | undefined
  saved: unknown[] = []
  /** What becomes of a test message, look after look. */
  messages: Partial<MessageBody>[] = [{ status: 'retrying', attempt: 0 }, { status: 'accepted', sent_at: '2026-03-01T12:00:00Z', detail: '250 OK' }]

  #lists: Record<string, Named[]> = {
    users: this.users, teams: this.teams, services: this.services, policies: this.policies, channels: this.channels, integrations: this.integrations,
  }

  /** What somebody else changes. */
  byBen(of: Named, change: object): void {
    Object.assign(of, change, { edition: of.edition + 1, edited_by: 'Ben', edited_at: '2026-03-01T03:12:00Z' })
  }

  #change(kind: string, id: string | undefined, body: Partial<Named>, edition?: string | null) {
    this.saved.push(body)
    if (this.refuses !== undefined) return HttpResponse.json({ title: 'No', ...this.refuses }, { status: this.refuses.status })
    const list = this.#lists[kind] ?? []
    const there = list.find((e) => e.id === id)
    if (there !== undefined && String(there.edition) !== edition) {
      return HttpResponse.json({ status: 409, title: 'Conflict', code: 'directory.edited', detail: 'Ben changed it at 03:12 UTC on 1 March: look at it again' }, { status: 409 })
    }
    if (there !== undefined) return HttpResponse.json(Object.assign(there, body, { edition: there.edition + 1 }))
    const made = { ...list[0], ...body, id: `new-${list.length}`, first_at: null, last_at: null } as Named
    list.push(made)
    return HttpResponse.json(kind === 'integrations' ? { ...made, key: 'KEY-SHOWN-ONCE' } : made, { status: 201 })
  }

  kinds: Partial<KindBody>[] = [
    { kind: 'email', label: 'Email', personal: true, shared: true, sendable: true, hint: 'Email address' },
    { kind: 'sms', label: 'SMS', personal: true, shared: false, sendable: false, hint: 'Phone number' },
    {
      kind: 'webhook', label: 'Webhook', personal: false, shared: true, sendable: true, hint: 'URL', key: 'Signing secret', preview: true,
      options: [{ name: 'body', label: 'Body', hint: 'A template', long: true }, { name: 'severity', label: 'Only from this severity on', hint: 'Empty: all', long: false }],
    },
  ]
  rooms: RoomBody[] = []
  usage: UsageBody = { day: '2026-03-01', limits: { person: 0, server: 0 }, used: [] }

  handlers = [
    http.get('*/api/v1/settings', () => HttpResponse.json({ edition: 1, default_policy: 'web', fallback: [], public_url: 'https://rouse.example.org', mail_domain: 'in.example.org' })),
    http.get('*/api/v1/channel-kinds', () => HttpResponse.json({ kinds: this.kinds })),
    http.get('*/api/v1/channel-rooms', () => HttpResponse.json({ rooms: this.rooms })),
    http.get('*/api/v1/linked', () => HttpResponse.json({ linked: [], kinds: [] })),
    http.get('*/api/v1/usage', () => HttpResponse.json(this.usage)),
    http.post('*/api/v1/channel-kinds/:kind/preview', async ({ request }) => {
      const { options } = (await request.json()) as { options: Record<string, string> }
      if (options['body']?.includes('{{') === true) return HttpResponse.json({ status: 400, title: 'Bad Request', code: 'channel.option', detail: 'body: it ends in the middle' }, { status: 400 })
      return HttpResponse.json({ text: `Made by: ${options['body'] ?? ''}` })
    }),
    http.post('*/api/v1/integrations/:id/preview', async ({ request }) => {
      const { transform } = (await request.json()) as { transform: string }
      const alert = { status: 'firing', fingerprint: 'f', title: `Made by: ${transform}`, service: 'db', environment: 'default', severity: 'error', labels: {}, annotations: {} }
      return HttpResponse.json({ previews: [{ at: '2026-03-01T12:00:00Z', payload: '{"a":1}', alerts: transform === '' ? [] : [alert], problems: ['it has no status: firing or resolved'] }] })
    }),
    http.post('*/api/v1/contacts/:id/test', () => HttpResponse.json({ message: 'm1' }, { status: 202 })),
    http.get('*/api/v1/messages/m1', () => {
      const said = this.messages.length > 1 ? this.messages.shift() : this.messages[0]
      return HttpResponse.json({ id: 'm1', kind: 'email', recipient: 'u-ana', to: 'ana@example.org', purpose: 'test', attempt: 1, may_repeat: false, digest: false, incidents: [], created_at: new Date().toISOString(), sent_at: null, next_at: null, expires_at: null, tries: [], ...said })
    }),
    http.post('*/api/v1/contacts/:id/verify', async ({ request }) => {
      const { code } = (await request.json()) as { code: string }
      if (code !== '123456') return HttpResponse.json({ status: 400, title: 'Bad Request', code: 'contact.code', detail: 'this is not the code that was sent' }, { status: 400 })
      for (const c of this.users.flatMap((u) => u.contacts ?? [])) c.verified = true
      return new HttpResponse(null, { status: 204 })
    }),
    http.post('*/api/v1/contacts/:id/mended', () => {
      for (const c of this.users.flatMap((u) => u.contacts ?? [])) delete c.trouble
      return new HttpResponse(null, { status: 204 })
    }),
    http.post('*/api/v1/forecast', async ({ request }) => {
      const { draft } = (await request.json()) as ForecastBody
      const levels = draft?.levels ?? []
      if (draft !== undefined && levels.some((l) => (l.targets ?? []).length === 0)) {
        return HttpResponse.json({ status: 400, code: 'apply.invalid', title: 'Bad Request', detail: 'levels[0]: a level needs at least one target' }, { status: 400 })
      }
      const calls = levels.flatMap((l, n) =>
        (l.targets ?? []).map((t) => ({
          at: '2026-03-01T12:00:00Z', after_seconds: n * 900, kind: 'user', id: t.id ?? '', name: this.users.find((u) => u.id === t.id)?.name ?? 'Somebody', by: 'email', contact: 'mail', level: n + 1, walk: 1, waits_for_hours: false, page: true,
        })),
      )
      return HttpResponse.json({ at: '2026-03-01T12:00:00Z', calls, missed: [], exhausted_after_seconds: levels.length * 900, remind_every_seconds: 1800 })
    }),
    http.get('*/api/v1/quarantine', () => HttpResponse.json({ quarantined: this.quarantined })),
    http.post('*/api/v1/quarantine/dismiss', async ({ request }) => {
      const { ids } = (await request.json()) as { ids: string[] }
      this.quarantined = this.quarantined.filter((q) => !ids.includes(q.id))
      return HttpResponse.json({ dismissed: ids.length })
    }),
    ...Object.keys(this.#lists).flatMap((kind) => [
      http.get(`*/api/v1/${kind}`, () => HttpResponse.json({ items: this.#lists[kind] })),
      http.get(`*/api/v1/${kind}/:id/dependents`, () => HttpResponse.json({ dependents: this.dependents })),
      http.post(`*/api/v1/${kind}`, async ({ request }) => this.#change(kind, undefined, (await request.json()) as Partial<Named>)),
      http.patch(`*/api/v1/${kind}/:id`, async ({ request, params }) => this.#change(kind, String(params['id']), (await request.json()) as Partial<Named>, new URL(request.url).searchParams.get('edition'))),
      http.delete(`*/api/v1/${kind}/:id`, ({ params }) => {
        const list = this.#lists[kind] ?? []
        list.splice(list.findIndex((e) => e.id === params['id']), 1)
        return new HttpResponse(null, { status: 204 })
      }),
    ]),
  ]
}
