// Installed on a phone: what is there without a network, what is left after signing out, and how soon an upgrade is seen.
import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import { after, before, test } from 'node:test'

import { api, launch, newCable, open, phone, picture, send, signIn, url, violations } from './rouse.mjs'

let browser, state
before(async () => {
  browser = await launch()
  state = await signIn(browser)
})
after(() => browser.close())

const line = (page, service) => page.locator('[data-line]', { hasText: service })
const critical = (service) => ({ labels: { alertname: 'Down', service, severity: 'critical', environment: 'prod' } })
const ready = (page) => page.evaluate(() => navigator.serviceWorker.ready.then((r) => r.scope))

/** Everything that this browser holds of what was seen: names of caches with their entries, and the databases. */
const held = (page) =>
  page.evaluate(async () => {
    const out = {}
    for (const name of await caches.keys()) out[name.replace(/-[0-9a-f]{16}$/, '')] = (await (await caches.open(name)).keys()).map((r) => new URL(r.url).pathname)
    return { caches: out, databases: (await indexedDB.databases()).length, storage: Object.keys(localStorage) }
  })
const saved = (page, text) =>
  page.evaluate(async (t) => {
    for (;;) {
      const last = await caches.match('/last-state', { cacheName: 'rouse-state' })
      if (last !== undefined && (await last.text()).includes(t)) return
      await new Promise(requestAnimationFrame)
    }
  }, text)

test('it can be installed', async () => {
  const page = await open(browser, '/', { state })
  const cdp = await page.context().newCDPSession(page)
  const { data, errors } = await cdp.send('Page.getAppManifest')
  assert.deepEqual(errors, [])
  for (const icon of JSON.parse(data).icons) {
    const r = await fetch(url + icon.src)
    assert.equal(r.headers.get('content-type').split(';')[0], icon.type, icon.src)
  }
  await ready(page)
  const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors')
  assert.deepEqual(installabilityErrors.filter((e) => e.errorId !== 'in-incognito'), []) // as every context of these tests is
  await page.context().close()
})

test('without a network: the last state is there, says since when it is old, and goes on when there is one again', async (t) => {
  const cable = await newCable()
  t.after(() => cable.cut())
  await send([critical('seen-before')])
  const { number } = (await api('GET', '/api/v1/incidents?service=seen-before')).incidents[0]
  const page = await open(browser, '/', { state, at: cable.url, ...phone })
  await line(page, 'seen-before').waitFor()
  await page.goto(`${cable.url}/i/${number}`)
  await page.getByText('Paging Ana').first().waitFor()
  await ready(page)
  await saved(page, 'Paging Ana')

  await page.context().setOffline(true)
  await cable.cut()
  await page.reload()
  await page.getByText(/Offline since/).waitFor()
  await page.getByText('Paging Ana').first().waitFor() // the timeline, too
  await page.getByRole('button', { name: 'Acknowledge: send when online' }).waitFor()
  await page.goto(`${cable.url}/`)
  await line(page, 'seen-before').waitFor()
  await page.getByText(/Offline since .*: what you see may be old/).waitFor()
  await picture(page, 'offline-phone')
  assert.deepEqual(await violations(page), [])
  await page.goto(`${cable.url}/history`)
  await page.getByText('There is no connection').waitFor()
  await page.goto(`${cable.url}/i/${number}`)
  await page.getByRole('button', { name: 'Acknowledge: send when online' }).tap()
  await page.getByRole('button', { name: 'Waits for a connection…' }).waitFor()
  await page.getByText(`NOT acknowledged yet: #${number}.`).waitFor()
  const right = (name) => page.getByRole('button', { name }).boundingBox().then((b) => b.x + b.width)
  assert.ok((await right('More')) <= phone.viewport.width, 'the menu is pushed out of the screen')
  await picture(page, 'unsent-phone')
  await page.goto(`${cable.url}/`)
  await page.getByText(`NOT acknowledged yet: #${number}.`).waitFor() // whichever page is open, and after it was loaded anew
  assert.equal((await api('GET', `/api/v1/incidents/${number}`)).status, 'open')
  await page.close() // with its connection, as a phone that is put away

  await cable.mend()
  await page.context().setOffline(false)
  const again = await page.context().newPage()
  await again.goto(`${cable.url}/i/${number}`)
  await again.getByText('Acknowledged by Ana').waitFor()
  assert.equal(await again.getByText('NOT acknowledged yet').count(), 0)
  await again.getByText(/Offline since/).waitFor({ state: 'detached' })
  await page.context().close()
})

test('what was seen last is there soon, and says that it is old', async (t) => {
  const cable = await newCable()
  t.after(() => cable.cut())
  await send([critical('seen-soon')])
  const page = await open(browser, '/', { state, at: cable.url, ...phone })
  await line(page, 'seen-soon').waitFor()
  await ready(page)
  await saved(page, 'seen-soon')
  await cable.cut()
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  const began = performance.now()
  await page.goto(`${cable.url}/`, { waitUntil: 'commit' })
  await line(page, 'seen-soon').waitFor()
  console.log(`what was seen last is there after ${Math.round(performance.now() - began)} ms, on a processor a quarter as fast`)
  await page.getByText(/As of .*: asking for news|Offline since/).first().waitFor()
  await page.context().close()
})

test('signed out: nothing of what was seen is left, in no tab, and nothing is kept any more', async () => {
  const own = await signIn(browser)
  await send([critical('secret-of-ana')])
  const page = await open(browser, '/', { state: own })
  const other = await page.context().newPage()
  await other.goto(`${url}/`)
  for (const p of [page, other]) await line(p, 'secret-of-ana').waitFor()
  await ready(page)
  await saved(page, 'secret-of-ana')
  const before = await held(page)
  assert.deepEqual(before.caches['rouse-state'], ['/last-state'])
  assert.ok(!JSON.stringify(before.caches['rouse-shell']).includes('/api/'), 'the service worker keeps answers of the API')

  await page.getByRole('button', { name: 'Sign out' }).click()
  for (const p of [page, other]) await p.waitForURL(/\/sign-in/)
  await send([critical('after-ana')])
  await page.context().setOffline(true)
  await page.goto(`${url}/`)
  await page.getByText(/There is no connection|cannot be reached/).waitFor()
  const { caches, databases, storage } = await held(page)
  assert.deepEqual(Object.keys(caches), ['rouse-shell'])
  assert.deepEqual([databases, storage], [0, []])
  assert.ok(!(await page.content()).includes('secret-of-ana'))
  await page.context().close()
})

/** The same server, seen as another build once it is upgraded. Its pages are slow, what is sent to it too, its worker comes only where it may. */
async function newUpgrade() {
  const up = { build: '', hold: false, held: [], slow: 0, slowly: 0 }
  const { hostname, port } = new URL(url)
  const server = createServer(async (q, s) => {
    if (q.method === 'POST') await new Promise((done) => setTimeout(done, up.slowly))
    if (s.destroyed) return // the browser gave up first: then nothing has arrived
    if (up.hold && q.url === '/sw.js') return up.held.push(s)
    const { 'accept-encoding': _, 'if-none-match': __, ...headers } = q.headers
    const on = request({ hostname, port, path: q.url, method: q.method, headers }, (a) => {
      const text = a.headers['content-type']?.startsWith('text/html') || q.url === '/sw.js'
      const { 'content-length': ___, ...back } = a.headers
      s.writeHead(a.statusCode, text ? back : a.headers)
      if (!text) return a.pipe(s)
      let body = ''
      a.on('data', (d) => (body += d)).on('end', () => setTimeout(() => s.end(up.build === '' ? body : body.replaceAll(/[0-9a-f]{16}(?=")/g, up.build)), text && q.url !== '/sw.js' ? up.slow : 0))
    })
    on.on('error', () => s.destroy()) // also where the browser gave up first
    q.pipe(on)
    s.on('close', () => on.destroy())
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { up, url: `http://127.0.0.1:${server.address().port}`, end: () => (server.closeAllConnections(), server.close()) }
}
const buildOf = (page) => page.locator('meta[name=build]').getAttribute('content')

test('an old build is seen once at most against a newer server, also where its worker never comes', async (t) => {
  const { up, url: at, end } = await newUpgrade()
  t.after(end)
  const page = await open(browser, '/', { state, at })
  await ready(page)
  const old = await buildOf(page)
  Object.assign(up, { build: '0123456789abcdef', hold: true, slow: 1500 })
  await page.reload()
  assert.equal(await buildOf(page), old) // slower than a network may be: what is kept was quicker
  await page.reload()
  assert.equal(await buildOf(page), up.build)
  await page.reload()
  assert.equal(await buildOf(page), up.build)

  Object.assign(up, { build: 'fedcba9876543210', hold: false })
  for (const s of up.held) s.destroy()
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update().catch(() => undefined))
  await page.getByText('Rouse was upgraded').first().waitFor()
  up.slow = 60_000
  await page.getByRole('button', { name: 'Reload' }).click()
  await page.locator(`meta[name=build][content=${up.build}]`).waitFor({ state: 'attached' }) // kept by its worker
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.context().close()
})

test('signed out over a slow network: the session is over, also for whoever has its cookie', async (t) => {
  const { up, url: at, end } = await newUpgrade()
  t.after(end)
  const page = await open(browser, '/', { state: await signIn(browser), at })
  await ready(page)
  const { value } = (await page.context().cookies()).find((c) => c.name === 'rouse')
  const session = async () => (await fetch(`${url}/api/v1/session`, { headers: { Cookie: `rouse=${value}` } })).status
  assert.equal(await session(), 200)
  up.slowly = 1000
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(/\/sign-in/)
  assert.equal(await session(), 401)
  await page.context().close()
})
