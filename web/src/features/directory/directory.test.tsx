import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'

import { Api, incident } from '@/testing/api'
import { show } from '@/testing/show'

const asAdmin = (...incidents: Parameters<typeof incident>[]) => {
  const api = new Api(...incidents.map((i) => incident(...i)))
  api.role = 'admin'
  return api
}

test('a new integration shows its key once, and turns green when the first alert came', async () => {
  const api = asAdmin()
  const { user } = await show('/integrations', api)
  await user.click(await screen.findByRole('button', { name: 'New integration' }))
  await user.type(await screen.findByRole('textbox', { name: 'Name' }), 'edge')
  await user.click(screen.getByRole('button', { name: 'Make it' }))
  expect(await screen.findByText('Waiting for the first alert…')).toBeTruthy()
  expect((await screen.findByRole('region', { name: 'alertmanager.yml' })).textContent).toContain('url: https://rouse.example.org/alerts')
  expect(screen.getByRole('region', { name: 'alertmanager.yml' }).textContent).toContain('credentials: KEY-SHOWN-ONCE')
  Object.assign(api.directory.integrations[1] ?? {}, { first_at: new Date().toISOString(), last_at: new Date().toISOString() })
  expect(await screen.findByText(/Alerts arrive: the first came/)).toBeTruthy()
})

test('an integration shows how its last alerts were read, by which labels', async () => {
  const labels = { alertname: 'Down', app: 'payments', cluster: 'prod', severity: 'critical' }
  const api = asAdmin([1, { source_alert: { fingerprint: 'f', startsAt: '2026-03-01T12:00:00Z', labels } }])
  Object.assign(api.directory.integrations[0] ?? {}, { first_at: '2026-03-01T12:00:00Z', last_at: '2026-03-01T12:00:00Z' })
  await show('/integrations/i-main', api)
  const [one] = within(await screen.findByRole('list', { name: 'How the last alerts were read' })).getAllByRole('listitem')
  expect(one?.textContent).toContain('Servicepayments from the label app')
  expect(one?.textContent).toContain('Environmentprod from the label cluster')
  expect(api.searched.at(-1)?.get('integration')).toBe('i-main')
})

test('where the key is not known any more, the snippet says so', async () => {
  await show('/integrations/i-main', asAdmin())
  expect((await screen.findByRole('region', { name: 'alertmanager.yml' })).textContent).toContain('credentials: THE-KEY-THAT-WAS-SHOWN')
})

test('a heartbeat is made with how often it comes, and says what to paste', async () => {
  const api = asAdmin()
  const { user } = await show('/integrations', api)
  await user.click(await screen.findByRole('button', { name: 'New integration' }))
  await user.selectOptions(await screen.findByRole('combobox', { name: 'What sends' }), 'heartbeat')
  await user.clear(screen.getByRole('textbox', { name: 'It comes every' }))
  await user.type(screen.getByRole('textbox', { name: 'It comes every' }), '24h')
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'backup')
  await user.click(screen.getByRole('button', { name: 'Make it' }))
  expect((await screen.findByRole('region', { name: 'At the end of a job' })).textContent).toContain('https://rouse.example.org/heartbeat/KEY-SHOWN-ONCE')
  expect(api.directory.saved).toEqual([{ name: 'backup', kind: 'heartbeat', every: '24h', grace: '1m' }])
})

test.each([
  ['prometheus', 'prometheus.yml', 'targets: [\'rouse.example.org\']'],
  ['pagerduty', 'alertmanager.yml, or any sender', 'url: https://rouse.example.org/v2/enqueue'],
  ['opsgenie', 'alertmanager.yml, or any sender', 'api_url: https://rouse.example.org/'],
  ['email', 'The address to send mail to', 'THE-KEY-THAT-WAS-SHOWN@in.example.org'],
  ['webhook', 'Where the sender asks for an address', 'https://rouse.example.org/k/THE-KEY-THAT-WAS-SHOWN/webhook'],
])('what to paste for %s', async (kind, label, words) => {
  const api = asAdmin()
  Object.assign(api.directory.integrations[0] ?? {}, { kind })
  await show('/integrations/i-main', api)
  expect((await screen.findByRole('region', { name: label })).textContent).toContain(words)
})

test('a transform is tried on what came last while it is written, and saved when asked', async () => {
  const api = asAdmin()
  Object.assign(api.directory.integrations[0] ?? {}, { kind: 'webhook' })
  const { user } = await show('/integrations/i-main', api)
  await user.selectOptions(await screen.findByRole('combobox', { name: 'Begin with one' }), 'Zabbix')
  const preview = await screen.findByRole('region', { name: 'Preview' })
  expect(await within(preview).findByText(/Made by: \{ status: body.value/)).toBeTruthy()
  expect(within(preview).getByText('Quarantined: it has no status: firing or resolved')).toBeTruthy()
  const part = screen.getByRole('textbox', { name: 'Expression' }).closest('form')
  await user.click(within(part as HTMLElement).getByRole('button', { name: 'Save' }))
  expect(JSON.stringify(api.directory.saved)).toContain('zabbix-')
})

test('what depends on something is said before it is deleted', async () => {
  const api = asAdmin()
  api.directory.dependents = [{ kind: 'service', name: 'payments', what: 'the service payments has no owner then', blocks: false }]
  const { user } = await show('/teams/t-web', api)
  await user.click(await screen.findByRole('button', { name: 'Delete…' }))
  expect(await screen.findByText('the service payments has no owner then')).toBeTruthy()
  expect(api.directory.teams).toHaveLength(1)
  await user.click(screen.getByRole('button', { name: 'Delete' }))
  expect(await screen.findByText('There are no teams yet')).toBeTruthy()
})

test('the incidents that a service still has are counted before it is deleted, and a link away', async () => {
  const api = asAdmin([1, { service: 'payments' }], [2, { service: 'auth' }])
  api.directory.dependents = [{ kind: 'incident', what: '1 unresolved incident of it stays', blocks: false }]
  const { user } = await show('/services/payments', api)
  await user.click(await screen.findByRole('button', { name: 'Delete…' }))
  await user.click(await screen.findByRole('link', { name: '1 unresolved incident of it stays' }))
  expect(await screen.findByRole('button', { name: 'Ack #1' })).toBeTruthy()
  expect(screen.queryByRole('button', { name: 'Ack #2' })).toBeNull()
})

test('what would leave a hole cannot be deleted, and the button says why', async () => {
  const api = asAdmin()
  api.directory.dependents = [{ kind: 'settings', what: 'it is the default policy', blocks: true }]
  const { user } = await show('/policies/p-web', api)
  await user.click(await screen.findByRole('button', { name: 'Delete…' }))
  expect(await screen.findByText('it is the default policy')).toBeTruthy()
  const button = screen.getByRole('button', { name: 'Delete' })
  expect(button.getAttribute('aria-disabled')).toBe('true')
  expect(button.title).toContain('Mend')
  await user.click(button)
  expect(api.directory.policies).toHaveLength(1)
})

test('what the server finds wrong stands at its field, and nothing is said to be saved', async () => {
  const api = asAdmin()
  api.directory.refuses = { status: 400, code: 'apply.invalid', detail: 'rules.grace: write it with its unit', errors: [{ field: 'rules.grace', message: 'write it with its unit' }] }
  const { user } = await show('/services/payments', api)
  await user.click(await screen.findByText('Timing'))
  const grace = screen.getByRole('textbox', { name: /they come back after/ })
  await user.type(grace, 'soon')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText(/^NOT saved/)).toBeTruthy()
  expect(grace.getAttribute('aria-invalid')).toBe('true')
  expect(screen.getByText('write it with its unit')).toBeTruthy()
  expect(screen.queryByText('Saved payments')).toBeNull()
  api.directory.refuses = undefined
  await user.clear(grace)
  await user.type(grace, '10m')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findAllByText('Saved payments')).not.toHaveLength(0)
  expect(api.directory.saved.at(-1)).toMatchObject({ name: 'payments', rules: { grace: '10m' } })
})

test('who may not change it reads why, and cannot', async () => {
  const api = new Api()
  await show('/services/payments', api)
  expect(await screen.findByText('Only admins change this; your role is responder.')).toBeTruthy()
  expect((screen.getByRole('textbox', { name: 'Name' }) as HTMLInputElement).matches(':disabled')).toBe(true)
  expect(screen.getByRole('button', { name: 'Save' }).getAttribute('aria-disabled')).toBe('true')
})

test('everybody changes their own contacts, and keeps the id of one that gets another name', async () => {
  const api = new Api()
  const { user } = await show('/people/u-ana', api)
  const contact = await screen.findByRole('group', { name: 'mail' })
  const name = within(contact).getByRole('textbox', { name: 'Name' })
  await user.clear(name)
  await user.type(name, 'post')
  await user.click(screen.getAllByRole('button', { name: 'Save' })[0] as HTMLElement)
  await waitFor(() => expect(api.directory.saved.at(-1)).toMatchObject({ contacts: [{ id: 'c-u-ana', name: 'post' }] }))
  expect((screen.getByRole('textbox', { name: 'Email address to sign in' }) as HTMLInputElement).matches(':disabled')).toBe(true)
})

test('beside a policy stands who would be woken, also by what is not saved yet', async () => {
  const api = asAdmin()
  const { user } = await show('/policies/p-web', api)
  const woken = () => within(screen.getByRole('list', { name: 'Who would be woken, in order' })).getAllByRole('listitem').map((l) => l.textContent)
  await screen.findByRole('list', { name: 'Who would be woken, in order' })
  expect(woken()).toEqual(['at onceAna by email (mail) level 1'])
  await user.click(screen.getByRole('button', { name: 'Another level' }))
  expect(await screen.findByText('levels[0]: a level needs at least one target')).toBeTruthy()
  await user.selectOptions(within(screen.getByRole('group', { name: 'Level 2' })).getByRole('combobox', { name: 'Whom' }), 'Ben')
  await waitFor(() => expect(woken()).toEqual(['at onceAna by email (mail) level 1', '+15 minBen by email (mail) level 2']))
  expect(api.directory.saved).toEqual([])
})

test('a test message is on its way, then taken, and one that fails says why', async () => {
  const api = new Api()
  const { user } = await show('/people/u-ana', api)
  await user.click(await screen.findByRole('button', { name: 'Send a test to mail' }))
  expect(await screen.findByText('On its way…')).toBeTruthy()
  expect(await screen.findByText(/Taken by the provider/)).toBeTruthy()
  api.directory.messages = [{ status: 'failed', detail: '550 no such mailbox' }]
  expect(await screen.findByText('550 no such mailbox')).toBeTruthy()
})

test('a contact of one’s own is verified by the code that came', async () => {
  const api = new Api()
  for (const c of api.directory.users[0]?.contacts ?? []) c.verified = false
  const { user } = await show('/people/u-ana', api)
  expect(await screen.findByText(/Not verified/)).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Send a test to mail' }))
  await user.type(await screen.findByRole('textbox', { name: 'The code that came' }), '1')
  await user.click(screen.getByRole('button', { name: 'Verify' }))
  expect(await screen.findByText('this is not the code that was sent')).toBeTruthy()
  await user.clear(screen.getByRole('textbox', { name: 'The code that came' }))
  await user.type(screen.getByRole('textbox', { name: 'The code that came' }), '123456')
  await user.click(screen.getByRole('button', { name: 'Verify' }))
  await waitFor(() => expect(screen.queryByText(/Not verified/)).toBeNull())
})

test('services show how they are, the worst first', async () => {
  await show('/services', asAdmin([1, { service: 'payments', severity: 'error' }]))
  const lines = within(await screen.findByRole('list', { name: 'Services' })).getAllByRole('listitem')
  await waitFor(() => expect(lines[0]?.textContent).toContain('1 incident'))
  expect(lines[0]?.textContent).toContain('payments')
  expect(lines[1]?.textContent).toContain('healthy')
})

test('quarantine shows what came as text, and forgets what is dismissed', async () => {
  const { user } = await show('/quarantine', asAdmin())
  expect(await screen.findByText('neither labels nor a fingerprint')).toBeTruthy()
  expect(screen.getByText('{"<b>":1}')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Dismiss' }))
  expect(await screen.findByText('Nothing is in quarantine')).toBeTruthy()
})

test('a contact that bounced says so until somebody says that it works again', async () => {
  const api = new Api()
  const mail = api.directory.users[0]?.contacts?.[0]
  if (mail === undefined) throw new Error('ana has no contact')
  mail.trouble = 'bounced at 2026-03-02 10:00 UTC: mailbox does not exist'
  const { user } = await show('/people/u-ana', api)
  expect(await screen.findByText('bounced at 2026-03-02 10:00 UTC: mailbox does not exist')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'mail works again' }))
  await waitFor(() => expect(screen.queryByText(/bounced at/)).toBeNull())
})

test('a channel has the options and the key of its kind, and shows what they make of an incident', async () => {
  const api = asAdmin()
  const { user } = await show('/channels', api)
  await user.click(await screen.findByRole('button', { name: 'New channel' }))
  await user.type(await screen.findByRole('textbox', { name: 'Name' }), 'ops')
  await user.selectOptions(screen.getByRole('combobox', { name: 'Kind' }), 'webhook')
  await user.type(screen.getByRole('textbox', { name: 'URL' }), 'https://hooks.example.org/')
  await user.type(screen.getByLabelText('Signing secret'), 'hush')
  await user.type(screen.getByRole('textbox', { name: 'Body' }), 'text')
  expect(await screen.findByText('Made by: text')).toBeTruthy()
  await user.type(screen.getByRole('textbox', { name: 'Body' }), '{{{{')
  expect((await screen.findByText(/There is no preview/)).textContent).toContain('body: it ends in the middle')
  await user.clear(screen.getByRole('textbox', { name: 'Body' }))
  await user.type(screen.getByRole('textbox', { name: 'Only from this severity on' }), 'error')
  await user.click(screen.getByRole('button', { name: 'Make it' }))
  await waitFor(() => expect(api.directory.saved).toEqual([{ name: 'ops', kind: 'webhook', to: 'https://hooks.example.org/', options: { severity: 'error' }, key: 'hush' }]))
})
