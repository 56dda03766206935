import { http, HttpResponse, type JsonBodyType } from 'msw'

import { worstFirst } from '@/features/dashboard/order'
import type { AlertBody, EntryBody, IncidentBody, MessageBody, PageInputBody, ResultBody } from '@/shared/api/client'
import { measured, paged } from './insight'
import { Directory } from './directory'

/** An incident as the API gives it, with what a test cares for. */
export function incident(number: number, more: Partial<IncidentBody> = {}): IncidentBody {
  return {
    id: `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`,
    number,
    title: `Incident ${number}`,
    service: 'payments',
    environment: 'prod',
    severity: 'critical',
    status: 'open',
    assignee: null,
    source_alert: { fingerprint: `f${number}`, startsAt: '2026-03-01T12:00:00Z', labels: { alertname: 'Down', service: 'payments' } },
    alerts_count: 1,
    timeline: [{ status: 'open', timestamp: '2026-03-01T12:00:00Z' }],
    runbook_url: '',
    opened_at: new Date(Date.UTC(2026, 2, 1, 12, 0, number)).toISOString(),
    acknowledged_at: null,
    resolved_at: null,
    resolved_by: null as unknown as IncidentBody['resolved_by'],
    updated_at: '2026-03-01T12:00:00Z',
    version: 1,
    exhausted: false,
    flapping: false,
    priority: '',
    manual: false,
    snoozed_until: null,
    silence: null as unknown as IncidentBody['silence'],
    responders: [],
    merged_into: null as unknown as IncidentBody['merged_into'], // the document has no word for "or null" of an object
    merged: [],
    paging: [],
    next: null as unknown as IncidentBody['next'],
    ...more,
  }
}

/** A server with a memory: what is acknowledged stays so. */
export class Api {
  incidents: IncidentBody[]
  alerts: Record<string, AlertBody[]> = {}
  entries: Record<string, EntryBody[]> = {}
  messages: Record<string, MessageBody[]> = {}
  role: 'viewer' | 'responder' | 'admin' = 'responder'
  /** Who is signed in. */
  me = { id: 'u-ana', name: 'Ana' }
  /** While it is set, changes are answered so. */
  refuses: { status: number; code: string; detail: string } | undefined
  storm: JsonBodyType = { incidents: 0, services: 0, alerts: 0, began: null, newest: null, first: null, shares: [] }
  asked: string[] = []
  /** What was done with several at once. */
  did: JsonBodyType[] = []
  insight = measured()
  /** What lists and figures were asked for. */
  searched: URLSearchParams[] = []
  directory = new Directory()

  constructor(...incidents: IncidentBody[]) {
    this.incidents = incidents
  }

  find(ref: string): IncidentBody | undefined {
    return this.incidents.find((i) => i.id === ref || String(i.number) === ref)
  }

  change(ref: string, change: Partial<IncidentBody>): IncidentBody | undefined {
    const i = this.find(ref)
    if (i !== undefined) Object.assign(i, change, { version: i.version + 1 })
    return i
  }

  #answer(ref: string, status: IncidentBody['status'], change: Partial<IncidentBody>): ResultBody {
    const i = this.find(ref)
    if (i === undefined) return { id: ref, changed: false, code: 'incident.not_found', detail: `there is no incident ${ref}` }
    if (i.status === 'resolved' && status === 'acknowledged') return { id: i.id, number: i.number, status: i.status, changed: false, code: 'incident.already_resolved', detail: 'it is resolved' }
    const changed = i.status !== status
    if (changed) this.change(ref, { status, ...change })
    return { id: i.id, number: i.number, status: i.status, changed, ...(i.assignee === null ? {} : { assignee: i.assignee }) }
  }

  /** The worse, then the older goes on, as in the domain. */
  #merge(refs: string[]): ResultBody[] {
    const list = worstFirst(refs.flatMap((r) => this.find(r) ?? []))
    const [into] = list
    for (const i of list.slice(1)) {
      this.change(i.id, { status: 'resolved', resolved_at: new Date().toISOString(), merged_into: { id: into?.id ?? '', number: into?.number ?? 0 } })
      this.change(into?.id ?? '', { merged: [...(into?.merged ?? []), { id: i.id, number: i.number }] })
    }
    return refs.flatMap((r) => this.find(r) ?? []).map((i) => ({ id: i.id, number: i.number, status: i.status, changed: true }))
  }

  #page(body: PageInputBody): ResultBody {
    const number = Math.max(0, ...this.incidents.map((i) => i.number)) + 1
    const paging = (body.to ?? []).map((t) => ({ kind: 'user' as const, id: t.user ?? t.team ?? '', name: this.directory.users.find((p) => p.id === t.user)?.name ?? 'web', by: [] }))
    const i = incident(number, { title: body.title, service: body.service ?? '(no service)', severity: body.severity as IncidentBody['severity'], priority: (body.priority ?? '') as IncidentBody['priority'], manual: true, alerts_count: 0, paging })
    this.incidents.push(i)
    return { id: i.id, number, status: i.status, changed: true }
  }

  #prioritise(ref: string, priority: IncidentBody['priority']): ResultBody {
    const changed = this.find(ref)?.priority !== priority
    if (changed) this.change(ref, { priority })
    return { ...this.#answer(ref, this.find(ref)?.status ?? 'open', {}), changed }
  }

  #stop(ref: string): ResultBody {
    const responders = (this.find(ref)?.responders ?? []).map((r) => (r.id === 'u-ana' ? { ...r, answered_at: new Date().toISOString() } : r))
    this.change(ref, { responders })
    return { ...this.#answer(ref, this.find(ref)?.status ?? 'open', {}), changed: true }
  }

  #do(what: string, ref: string): ResultBody {
    switch (what) {
      case 'stop-paging':
        return this.#stop(ref)
      case 'acknowledge':
      case 'take-over':
      case 'snooze':
        return this.#answer(ref, 'acknowledged', { assignee: 'Ana' })
      case 'resolve':
        return this.#answer(ref, 'resolved', { resolved_at: new Date().toISOString() })
      case 'reopen':
        return this.#answer(ref, 'open', { assignee: null })
      default:
        return this.#answer(ref, this.find(ref)?.status ?? 'open', {})
    }
  }

  #list(url: URL): IncidentBody[] {
    const status = url.searchParams.get('status')?.split(',')
    return this.incidents.filter((i) => status === undefined || status.includes(i.status)).toSorted((a, b) => b.number - a.number)
  }

  handlers = [
    http.all('*', ({ request }) => void this.asked.push(`${request.method} ${new URL(request.url).pathname}`)),
    http.get('*/ready', () => HttpResponse.json({ status: 'ready', checks: {} })),
    http.get('*/api/v1/session', () => HttpResponse.json({ ...this.me, kind: 'user', role: this.role, user: this.me.id })),
    http.get('*/api/v1/paging', () => HttpResponse.json({ held: false, at: null })),
    http.get('*/api/v1/insight', ({ request }) => {
      this.searched.push(new URL(request.url).searchParams)
      return HttpResponse.json(this.insight)
    }),
    http.get('*/api/v1/insight/pages', () => HttpResponse.json({ people: paged, since: this.insight.since, until: this.insight.until })),
    http.get('*/api/v1/storm', () => HttpResponse.json(this.storm)),
    ...this.directory.handlers,
    http.get('*/api/v1/incidents', ({ request }) => {
      const url = new URL(request.url)
      this.searched.push(url.searchParams)
      const list = this.#list(url)
      const from = Number(url.searchParams.get('cursor') ?? 0)
      const to = from + Number(url.searchParams.get('limit') ?? 50)
      return HttpResponse.json({ incidents: list.slice(from, to), next_cursor: to < list.length ? String(to) : null })
    }),
    http.get('*/api/v1/incidents/:id', ({ params }) => {
      const i = this.find(String(params['id']))
      return i === undefined ? HttpResponse.json({ status: 404, code: 'incident.not_found', title: 'Not Found', detail: 'there is no such incident' }, { status: 404 }) : HttpResponse.json(i)
    }),
    http.get('*/api/v1/incidents/:id/alerts', ({ params }) => HttpResponse.json({ alerts: this.alerts[String(params['id'])] ?? [], shared: {} })),
    http.get('*/api/v1/incidents/:id/timeline', ({ params }) => HttpResponse.json({ entries: this.entries[String(params['id'])] ?? [] })),
    http.get('*/api/v1/incidents/:id/messages', ({ params }) => HttpResponse.json({ messages: this.messages[String(params['id'])] ?? [] })),
    http.get('*/api/v1/incidents/:id/similar', () => HttpResponse.json({ count: 0, truncated: false, healed: 0, answered: 0, resolved_by_people: 0, merged: 0, median_seconds: null, newest: [] })),
    http.post('*/api/v1/incidents/bulk', async ({ request }) => {
      if (this.refuses !== undefined) return HttpResponse.json({ title: 'No', ...this.refuses }, { status: this.refuses.status })
      const body = (await request.json()) as { do: string; ids: string[]; priority?: IncidentBody['priority'] }
      this.did.push(body)
      return HttpResponse.json({ results: body.ids.map((id) => (body.do === 'set-priority' ? this.#prioritise(id, body.priority ?? '') : this.#do(body.do, id))) })
    }),
    http.post('*/api/v1/incidents', async ({ request }) => {
      if (this.refuses !== undefined) return HttpResponse.json({ title: 'No', ...this.refuses }, { status: this.refuses.status })
      return HttpResponse.json(this.#page((await request.json()) as PageInputBody), { status: 201 })
    }),
    http.post('*/api/v1/incidents/:id/merge', async ({ params, request }) =>
      HttpResponse.json({ results: this.#merge([String(params['id']), ...((await request.json()) as { with: string[] }).with]) }),
    ),
    http.post('*/api/v1/incidents/:id/:verb', ({ params }) => this.refuses !== undefined ? HttpResponse.json({ title: 'No', ...this.refuses }, { status: this.refuses.status }) : HttpResponse.json({ results: [this.#do(String(params['verb']), String(params['id']))] })),
  ]
}
