// What people own, in a real browser against the built program.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { api, launch, open, phone, picture, send, sideways, signIn, url, violations, wide } from './rouse.mjs'

let browser, state
before(async () => {
  browser = await launch()
  state = await signIn(browser)
})
after(() => browser.close())

const idOf = async (path) => (await api('GET', `/api/v1/${path}`)).id
const close = async (page) => {
  assert.deepEqual(page.complaints, [])
  await page.context().close()
}

test('from nothing to the first alert: the snippet has address and key, and the page turns green by itself', async () => {
  const page = await open(browser, '/integrations', { state })
  await page.getByRole('button', { name: 'New integration' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('edge')
  await page.keyboard.press('Enter')
  await page.getByText('Waiting for the first alert…').waitFor()
  const snippet = await page.getByRole('region', { name: 'alertmanager.yml' }).textContent()
  const [, to] = /url: (\S+)/.exec(snippet)
  const [, key] = /credentials: (\w+)/.exec(snippet)
  assert.equal(to, `${url}/alerts`)
  assert.equal(key.length, 32)
  await picture(page, 'integration-waiting')
  const alerts = [{ status: 'firing', labels: { alertname: 'Hello', service: 'hello', severity: 'warning' }, annotations: {}, startsAt: new Date().toISOString() }]
  const r = await fetch(to, { method: 'POST', headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ version: '4', status: 'firing', alerts }) })
  assert.equal(r.status, 202, await r.text())
  await page.getByText(/Alerts arrive: the first came/).waitFor()
  await page.reload()
  await page.getByText('THE-KEY-THAT-WAS-SHOWN').first().waitFor()
  assert.ok(!(await page.content()).includes(key), 'the key is shown twice')
  await close(page)
})

test('what somebody else changes is seen by itself, and beside what is being typed', async () => {
  const path = `/api/v1/services/${await idOf('services/well')}`
  const page = await open(browser, path.replace('/api/v1', ''), { state })
  const policy = page.getByLabel('Escalation policy')
  await policy.waitFor()
  await api('PATCH', path, { escalation_policy: 'web' })
  await page.waitForFunction((box) => box.value === 'web', await policy.elementHandle())
  await page.getByText('Timing').click()
  await page.getByLabel(/they come back after/).fill('10m')
  await api('PATCH', path, { escalation_policy: '' })
  await page.getByText(/changed this at .* while you were editing it/).waitFor()
  await picture(page, 'service-meanwhile')
  assert.deepEqual(await violations(page), [])
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved well').first().waitFor()
  const now = await api('GET', path)
  assert.deepEqual([now.escalation_policy, now.rules.grace], [undefined, '10m0s'])
  await api('PATCH', path, { rules: {} })
  await close(page)
})

test('beside a policy stands who would be woken, also by what is not saved yet', async () => {
  const page = await open(browser, `/policies/${await idOf('policies/web')}`, { state })
  const woken = page.getByRole('list', { name: 'Who would be woken, in order' })
  await woken.getByText('at once').first().waitFor()
  await page.getByRole('button', { name: 'Another level' }).click()
  await page.getByRole('group', { name: 'Level 3' }).getByLabel('Whom').selectOption({ label: 'Team web' })
  await page.getByRole('group', { name: 'Level 3' }).getByLabel('Time to answer').fill('7m')
  await woken.getByText('level 3').first().waitFor()
  await picture(page, 'policy-woken')
  assert.equal((await api('GET', '/api/v1/policies/web')).levels.length, 2, 'it was saved by itself')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText(/^Saved web/).first().waitFor()
  assert.equal((await api('GET', '/api/v1/policies/web')).levels[2].ack_timeout, '7m0s')
  await page.getByRole('button', { name: 'Remove level 3' }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('group', { name: 'Level 3' }).waitFor({ state: 'detached' })
  await close(page)
})

test('what was typed is not closed with the window without a question', async () => {
  const page = await open(browser, '/teams', { state })
  await page.getByRole('link', { name: 'web', exact: true }).click()
  const name = page.getByRole('textbox', { name: 'Name' })
  await name.waitFor()
  await page.reload() // nothing was typed
  await name.fill('web 2')
  const asked = page.waitForEvent('dialog')
  const leaving = page.close({ runBeforeUnload: true })
  assert.equal((await asked).type(), 'beforeunload')
  await (await asked).accept()
  await leaving
  await page.context().close()
})

test('a test page goes out for real and says what became of it', async () => {
  const page = await open(browser, `/people/${await idOf('users/ana@example.org')}`, { state, ...phone })
  await page.getByRole('button', { name: 'Send a test to mail' }).tap()
  await page.getByText(/Taken by the provider/).waitFor()
  await close(page)
})

test('what depends on something is said first; what would leave a hole stays', async () => {
  const page = await open(browser, `/policies/${await idOf('policies/web')}`, { state })
  await page.getByRole('button', { name: 'Delete…' }).click()
  await page.getByText(/it is the default policy/).waitFor()
  await page.getByRole('button', { name: 'Delete', exact: true }).click({ force: true })
  await page.keyboard.press('Escape')
  assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'web')
  const team = await open(browser, `/teams/${await idOf('teams/web')}`, { state })
  await team.getByRole('button', { name: 'Delete…' }).click()
  await team.getByText('the service well has no owner then').waitFor()
  await picture(team, 'delete')
  await team.getByRole('button', { name: 'Keep it' }).click()
  await close(page)
  await close(team)
})

test('a service by the keyboard alone, and a wrong field says so', async () => {
  const page = await open(browser, '/', { state })
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('s')
  await page.waitForURL(`${url}/services`)
  await page.getByRole('button', { name: 'New service' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('textbox', { name: 'Name' }).waitFor()
  await page.keyboard.type('well')
  await page.keyboard.press('Enter')
  await page.getByText(/another one is called "well" already/).first().waitFor()
  await page.getByRole('textbox', { name: 'Name' }).focus()
  await page.keyboard.type('-known')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'well-known' }).waitFor()
  assert.equal((await api('GET', '/api/v1/services/well-known')).unclaimed, false)
  assert.deepEqual(page.complaints.filter((c) => !c.includes('400')), [])
  await page.context().close()
})

test('who may not change things reads why, and changes their own contacts', async () => {
  await api('POST', '/api/v1/users', { email: 'vera@example.org', name: 'Vera', role: 'viewer' })
  const { path } = await api('POST', '/api/v1/users/vera@example.org/password-link')
  await api('POST', '/api/v1/password', { token: path.split('token=')[1], password: 'a long enough password' })
  const vera = await signIn(browser, 'vera@example.org')
  const page = await open(browser, `/services/${await idOf('services/well')}`, { state: vera })
  await page.getByText('Only admins change this; your role is viewer.').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Delete…' }).getAttribute('aria-disabled'), 'true')
  await page.goto(`${url}/people/${await idOf('users/vera@example.org')}`)
  await page.getByRole('button', { name: 'Another contact' }).click()
  const contact = page.getByRole('group', { name: 'Contact 1' })
  await contact.getByLabel('Email address').fill('vera@example.org')
  await contact.getByLabel('Name').fill('mail')
  await page.getByRole('button', { name: 'Save' }).first().click()
  await page.getByText(/Not verified/).waitFor()
  await close(page)
})

test('every page that sets things up, in both themes, wide and on a phone', async () => {
  await send([{ labels: { alertname: 'Down', service: 'well', severity: 'critical', environment: 'prod' } }])
  const pages = {
    services: '/services', service: `/services/${await idOf('services/well')}`,
    people: '/people', person: `/people/${await idOf('users/ben@example.org')}`,
    teams: '/teams', team: `/teams/${await idOf('teams/web')}`,
    policies: '/policies', policy: `/policies/${await idOf('policies/web')}`,
    integrations: '/integrations', integration: `/integrations/${await idOf('integrations/main')}`,
    channels: '/channels', quarantine: '/quarantine', tokens: '/tokens', settings: '/settings', gone: '/teams/none',
  }
  for (const [form, device] of Object.entries({ wide, phone })) {
    const page = await open(browser, '/settings', { state, ...device })
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(url + path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.getByText('Loading…').waitFor({ state: 'detached' })
      for (const theme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: theme })
        await picture(page, `${name}-${theme}-${form}`)
        // Of the two forms, one in both themes: it is most of the time that this takes.
        if (form === 'wide' || theme === 'dark') assert.deepEqual(await violations(page), [], `${name} ${theme} ${form}`)
        assert.equal(await sideways(page), 0, `${name} ${theme} ${form} sticks out`)
      }
    }
    await close(page)
  }
})

test('dialogs have no violations either', async () => {
  const page = await open(browser, '/policies', { state })
  for (const [path, name] of [['/policies', 'New policy'], ['/channels', 'New channel'], ['/tokens', 'New token'], ['/people', 'New person']]) {
    await page.goto(url + path)
    await page.getByRole('button', { name }).click()
    await page.getByRole('dialog').waitFor()
    assert.deepEqual(await violations(page), [], name)
    await picture(page, name.toLowerCase().replace(' ', '-'))
  }
  await close(page)
})
