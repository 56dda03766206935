// Work on incidents, in a real browser against the built program: `go test ./test/browser` starts what is needed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { api, invite, launch, open, phone, picture, send, sideways, signIn, url, violations } from './rouse.mjs'

let browser, state
before(async () => {
  browser = await launch()
  state = await signIn(browser)
})
after(() => browser.close())

const labels = (service, more = {}) => ({ alertname: 'Work', service, severity: 'critical', environment: 'prod', ...more })
const line = (page, service) => page.locator('[data-line]', { hasText: service })
const incidentOf = async (service) => (await api('GET', `/api/v1/incidents?service=${service}`)).incidents[0]

/** A dialog as it is: in a picture, without a violation in both themes, and within the page. */
async function look(page, name) {
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme })
    await picture(page, `${name}-${theme}`)
    assert.deepEqual(await violations(page), [], `${name} ${theme}`)
  }
  assert.equal(await sideways(page), 0, `${name} sticks out`)
}

test('several are merged from the list, and each leads to the other', async () => {
  await send([{ labels: labels('merge-a', { severity: 'error' }) }, { labels: labels('merge-b') }])
  const [a, b] = [await incidentOf('merge-a'), await incidentOf('merge-b')]
  const page = await open(browser, '/?q=merge-', { state })
  await line(page, 'merge-b').waitFor()
  for (const key of ['j', 'x', 'j', 'x', 'm']) await page.keyboard.press(key)
  const dialog = page.getByRole('dialog', { name: 'Merge 2 incidents' })
  await dialog.getByText(`#${b.number} merge-b prod`).waitFor()
  await look(page, 'merge')
  await dialog.getByRole('button', { name: 'Merge' }).click()
  await page.getByText(`Merged 2 into #${b.number}`).first().waitFor()
  await page.goto(`${url}/i/${a.number}`)
  await page.getByText(`Merged: goes on in #${b.number}`).waitFor()
  await page.getByRole('link', { name: `Go to #${b.number}` }).click()
  await page.getByRole('link', { name: `#${a.number}`, exact: true }).waitFor()
  await page.getByRole('heading', { name: '2 of 2 alerts fire' }).waitFor()
  assert.deepEqual(page.complaints, [])
  await page.context().close()
})

test('somebody is paged from anywhere, says that they help, and is paged no more', async () => {
  await invite('ben@example.org')
  const page = await open(browser, '/history', { state, ...phone })
  await page.getByRole('button', { name: 'Page somebody now' }).tap()
  const dialog = page.getByRole('dialog', { name: 'Page somebody now' })
  await dialog.getByLabel('What is wrong').fill('The cellar is full of water')
  await dialog.getByRole('checkbox', { name: 'Ana' }).check()
  await dialog.getByLabel('Priority').selectOption('P1')
  await look(page, 'page-now-phone')
  await dialog.getByRole('button', { name: 'Page now' }).tap()
  await page.getByRole('heading', { level: 1, name: 'The cellar is full of water' }).waitFor()
  await page.getByText('Paging Ana').waitFor()
  const ref = new URL(page.url()).pathname.split('/').at(-1)
  await page.getByRole('button', { name: 'Acknowledge' }).tap()
  await page.getByText('Acknowledged by Ana').waitFor()

  await api('POST', `/api/v1/incidents/${ref}/responders`, { to: { user: 'ben@example.org' } })
  const ben = await open(browser, `/i/${ref}`, { state: await signIn(browser, 'ben@example.org'), ...phone })
  const asked = ben.getByRole('region', { name: 'You were asked to help' })
  await asked.waitFor()
  await look(ben, 'asked-to-help-phone')
  await asked.getByRole('button', { name: 'No more pages for me' }).tap()
  await asked.waitFor({ state: 'detached' })
  await ben.getByText('Ben wants no more pages of this').waitFor()
  await page.getByText('Ben wants no more pages of this').waitFor() // the other browser sees it
  assert.notEqual((await api('GET', `/api/v1/incidents/${ref}`)).responders[0].answered_at, null)
  assert.deepEqual([...page.complaints, ...ben.complaints], [])
  await page.context().close()
  await ben.context().close()
})

test('on a phone several are selected and acknowledged; a priority by the commands, and undone', async () => {
  await send([{ labels: labels('bulk-a') }, { labels: labels('bulk-b') }])
  const page = await open(browser, '/?q=bulk-', { state, ...phone })
  await line(page, 'bulk-b').waitFor()
  await page.getByRole('button', { name: 'Select several' }).tap()
  for (const s of ['bulk-a', 'bulk-b']) await page.getByRole('checkbox', { name: `Select #${(await incidentOf(s)).number}` }).tap()
  await look(page, 'select-phone')
  await page.getByRole('toolbar').getByRole('button', { name: 'Acknowledge' }).tap()
  await page.getByText(/^Acknowledged 2$/).first().waitFor() // and not "Unacknowledged 2"
  await page.getByRole('toolbar').waitFor({ state: 'detached' })
  assert.equal((await incidentOf('bulk-a')).status, 'acknowledged')

  const { number } = await incidentOf('bulk-b')
  await page.goto(`${url}/i/${number}`)
  await page.getByText('Acknowledged by Ana').waitFor()
  await page.getByRole('button', { name: /search and commands/ }).tap()
  await page.keyboard.type('priority')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'P2' }).click()
  await page.locator('article').getByText('P2', { exact: true }).waitFor()
  assert.equal((await incidentOf('bulk-b')).priority, 'P2')
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.locator('article').getByText('P2', { exact: true }).waitFor({ state: 'detached' })
  assert.equal((await incidentOf('bulk-b')).priority, '')
  assert.deepEqual(page.complaints, [])
  await page.context().close()
})

test('nothing moves under the cursor when something new comes, nor under the toolbar', async () => {
  await send([{ labels: labels('still-a') }, { labels: labels('still-b') }])
  for (const width of [1440, 800]) {
    const page = await open(browser, '/?q=still-', { state, viewport: { width, height: 420 } })
    const row = line(page, 'still-b')
    await row.hover()
    const before = await row.boundingBox()
    await send([{ labels: labels(`still-new-${width}`) }])
    await page.getByRole('button', { name: '1 new ↑' }).waitFor()
    assert.deepEqual(await row.boundingBox(), before, `${width}: it moved`)
    for (const key of ['j', 'j', 'x']) await page.keyboard.press(key)
    await page.getByRole('toolbar').waitFor()
    await page.waitForFunction(() => document.activeElement.getBoundingClientRect().bottom <= document.querySelector('[role=toolbar]').getBoundingClientRect().top)
    assert.deepEqual(page.complaints, [])
    await page.context().close()
  }
})

test('the wall stays dark when the system becomes light', async () => {
  await send([{ labels: labels('still-dark') }])
  const page = await open(browser, '/wall', { state, theme: 'dark' })
  const colours = () => page.locator('main').evaluate((m) => [getComputedStyle(m).color, getComputedStyle(m.querySelector('li')).borderBottomColor])
  await page.locator('li').first().waitFor()
  const before = await colours()
  await page.emulateMedia({ colorScheme: 'light' })
  assert.deepEqual(await colours(), before)
  assert.deepEqual(await violations(page), [])
  await page.keyboard.press('Escape')
  await page.waitForURL((u) => u.pathname === '/')
  await page.context().close()
})

test('on a phone no severity of the unhealthy services is printed over the next', async () => {
  await send([{ labels: labels('narrow', { severity: 'warning' }) }])
  const page = await open(browser, '/', { state, ...phone })
  const table = page.getByRole('table', { name: 'Unhealthy services' })
  await table.getByRole('link', { name: 'narrow' }).waitFor()
  assert.deepEqual(await table.getByRole('columnheader').evaluateAll((all) => all.filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent)), [])
  await page.context().close()
})

test('a session that ends takes nothing away that is being typed', async () => {
  await send([{ labels: labels('typed') }])
  const { number } = await incidentOf('typed')
  const page = await open(browser, `/i/${number}`, { state: await signIn(browser) })
  await page.getByText('Paging Ana').first().waitFor()
  const ended = async () => {
    await page.context().clearCookies()
    const refused = page.waitForResponse((r) => r.status() === 401)
    await send([{ labels: labels('typed', { instance: String(performance.now()) }) }])
    await refused
    await page.evaluate(() => new Promise((done) => setTimeout(done))) // what follows of it
  }
  const signInAt = async (p) => {
    await p.fill('[name=email]', 'ana@example.org')
    await p.fill('[name=password]', 'a long enough password')
    await p.click('button')
  }

  await page.keyboard.press('c')
  const now = page.getByRole('dialog', { name: 'Page somebody now' })
  await now.getByLabel('What is wrong').fill('The roof leaks')
  await now.getByRole('checkbox', { name: 'Ana' }).check()
  await ended()
  await now.getByRole('button', { name: 'Page now' }).click()
  const other = page.waitForEvent('popup')
  await now.getByRole('link', { name: 'Sign in in another tab' }).click()
  await signInAt(await other)
  await (await other).waitForURL(`${url}/`)
  await now.getByRole('button', { name: 'Page now' }).click()
  await page.getByRole('heading', { level: 1, name: 'The roof leaks' }).waitFor()

  await page.goto(`${url}/i/${number}`)
  await page.getByText('Paging Ana').first().waitFor()
  await page.keyboard.press('n')
  await page.getByLabel('For the timeline').fill('The pump is on its way')
  await ended()
  await page.getByRole('button', { name: 'Add the note' }).click()
  await page.waitForURL(/sign-in\?why=unsent/)
  await signInAt(page)
  await page.getByText(`Noted on #${number}`).first().waitFor()

  await page.keyboard.press('n')
  await page.getByLabel('For the timeline').fill('Never mind')
  await ended()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Throw it away' }).click()
  await page.waitForURL(/sign-in\?why=ended/) // once nothing is lost by it
  await page.context().close()
})
