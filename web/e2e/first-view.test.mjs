// How long a phone on a slow network waits for the first view: "Fast 3G" of Chromium's tools of old, which newer ones call
// "Slow 4G" and Lighthouse "mobile" (562.5 ms before each answer begins, 1.44 Mbit/s down), and a processor a quarter as
// fast. Times are printed, not judged: the machine may be busy. What is judged is what they come of: how much is waited
// for one after the other, and how many bytes.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { api, launch, open, phone, picture, quiet, send, signIn, url, wide } from './rouse.mjs'

// A tablet held upright: neither a phone nor a desk.
const tablet = { viewport: { width: 800, height: 1100 }, isMobile: true, hasTouch: true }

let browser, state
before(async () => {
  browser = await launch()
  state = await signIn(browser)
  await send([{ labels: { alertname: 'Down', service: 'slow', severity: 'critical', environment: 'prod' } }])
})
after(async () => {
  await quiet() // others count what is open
  await browser.close()
})

async function slow(page, latency = 562.5) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Network.enable')
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency, downloadThroughput: (1474.56 * 1024) / 8, uploadThroughput: (675 * 1024) / 8 })
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  return cdp
}

/** When a button to acknowledge is first painted, when the UI has taken the page over, and what was loaded until either. */
async function view(page, path) {
  const cdp = await slow(page)
  const loaded = []
  const names = new Map()
  cdp.on('Network.requestWillBeSent', (e) => names.set(e.requestId, e.request.url.replace(url, '')))
  cdp.on('Network.loadingFinished', (e) => names.has(e.requestId) && loaded.push({ name: names.get(e.requestId), bytes: e.encodedDataLength })) // not what the page before had asked for
  await page.addInitScript(() => {
    const look = () => {
      const b = [...document.querySelectorAll('button')].find((x) => x.textContent.startsWith('Ack'))
      if (b !== undefined && globalThis.seen === undefined) requestAnimationFrame(() => setTimeout(() => (globalThis.seen = Math.round(performance.now()))))
      if (document.querySelector('[data-app]') !== null) globalThis.taken ??= Math.round(performance.now())
      if (globalThis.seen === undefined || globalThis.taken === undefined) requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
  await page.goto(url + path, { waitUntil: 'commit' })
  await page.waitForFunction(() => globalThis.seen !== undefined && globalThis.taken !== undefined)
  const { seen, taken } = await page.evaluate(() => ({ seen: globalThis.seen, taken: globalThis.taken }))
  return { seen, taken, loaded: [...loaded] }
}

test('the first view, on a slow phone', async () => {
  const { number } = (await api('GET', '/api/v1/incidents?service=slow')).incidents[0]
  for (const path of ['/', `/i/${number}`]) {
    const runs = []
    for (let n = 0; n < 2; n++) {
      const page = await open(browser, '/sign-in', { state, ...phone })
      runs.push(await view(page, path))
      await page.context().close()
    }
    const all = (k) => runs.map((r) => r[k]).join(', ')
    console.log(`${path}: can be acknowledged after ${all('seen')} ms, the UI has taken over after ${all('taken')} ms`)
    console.log(runs[0].loaded.map((l) => `  ${l.name} ${l.bytes}`).join('\n'))
    const files = runs[0].loaded.filter((l) => /\.(js|css)$/.test(l.name))
    assert.ok(files.length <= 6, 'more files than a browser asks for at once stand between the document and the UI')
    assert.ok(!runs[0].loaded.slice(0, files.length + 1).some((l) => l.name.startsWith('/api/')), 'the UI waits for an answer of the API')
  }
})

/** A page whose scripts never come. */
async function bare(path, more) {
  const page = await open(browser, '/sign-in', { state, ...more })
  await page.route('**/assets/**', (r) => r.abort())
  const document = await page.goto(url + path, { waitUntil: 'domcontentloaded' })
  return { page, bytes: (await document.request().sizes()).responseBodySize }
}

test('what is seen first comes with the document, and stays where it is when the UI takes over', async () => {
  await send([{ labels: { alertname: 'Down', service: 'first', severity: 'error', environment: 'prod' }, annotations: { summary: '<b>“x”</b> &amp;' } }])
  const { number } = (await api('GET', '/api/v1/incidents?service=first')).incidents[0]
  for (const [path, name] of [['/', `Ack #${number}`], [`/i/${number}`, 'Acknowledge']]) {
    for (const [form, device] of Object.entries({ phone, tablet, wide })) {
      const where = async (page) => {
        const b = await page.getByRole('button', { name, exact: true }).boundingBox()
        return Object.values(b).map(Math.round)
      }
      const { page: before, bytes } = await bare(path, device)
      await before.getByText('<b>“x”</b> &amp;').first().waitFor() // text is text
      const first = await where(before)
      await picture(before, `first-view-${path === '/' ? 'list' : 'incident'}-${form}`)
      assert.ok(bytes < 14_000, `the document is ${bytes} bytes: more than comes before the network waits for an answer`)
      await before.context().close()
      const page = await open(browser, path, { state, ...device })
      await page.locator('[data-app]').waitFor()
      assert.deepEqual(await where(page), first, `${path} ${form}: the button moved`)
      assert.deepEqual(page.complaints, [])
      await page.context().close()
    }
  }
})

test('it can be acknowledged before any script has come', async () => {
  await send([{ labels: { alertname: 'Down', service: 'no-script', severity: 'critical', environment: 'prod' } }])
  const { number } = (await api('GET', '/api/v1/incidents?service=no-script')).incidents[0]
  const { page } = await bare('/', phone)
  await page.getByRole('button', { name: `Ack #${number}` }).tap()
  await page.getByRole('button', { name: `Ack #${number}` }).waitFor({ state: 'detached' })
  assert.equal(new URL(page.url()).pathname, '/')
  const i = (await api('GET', `/api/v1/incidents/${number}`))
  assert.deepEqual([i.status, i.assignee], ['acknowledged', 'Ana'])
  await page.context().close()
})

/** Where something is on the page, before a script has come and when the UI has taken over: the same. */
async function stays(path, device, seen, where) {
  const { page: before } = await bare(path, device)
  const first = await where(before)
  await seen(before)
  await before.context().close()
  const page = await open(browser, path, { state, ...device })
  await page.locator('[data-app]').waitFor()
  const shown = await page.getByRole('status').filter({ hasText: 'Loading' }).count()
  assert.equal(shown, 0, `${path}: what was seen goes away before the UI has it`)
  assert.deepEqual(await where(page), first, `${path}: it moved`)
  assert.deepEqual(page.complaints, [])
  await page.context().close()
}

const place = (name) => async (page) => Object.values(await page.getByRole('button', { name, exact: true }).boundingBox()).map(Math.round)

test('what fits the filters of the address is seen first', async () => {
  await send([{ labels: { alertname: 'Down', service: 'chosen', severity: 'critical', environment: 'prod' } }, { labels: { alertname: 'Down', service: 'other', severity: 'critical', environment: 'prod' } }])
  const { number } = (await api('GET', '/api/v1/incidents?service=chosen')).incidents[0]
  for (const [form, device] of Object.entries({ phone, tablet, wide })) {
    await stays('/?service=chosen', device, async (page) => {
      await picture(page, `first-view-filtered-${form}`)
      assert.equal(await page.getByRole('list', { name: 'Incidents' }).getByText('chosen').count(), 1)
      assert.equal(await page.getByText('other').count(), 0)
    }, place(`Ack #${number}`))
  }
})

test('in a storm, and with more than a hundred, the worst are seen first, and how many more there are', async () => {
  const many = Array.from({ length: 110 }, (_, n) => ({ labels: { alertname: 'Down', service: `storm-${n}`, severity: n === 7 ? 'critical' : 'warning', environment: 'prod', node: 'n1' } }))
  const few = many.slice(0, 20)
  try {
    for (const [alerts, more] of [[few, false], [many, true]]) {
      await send(alerts)
      const { number } = (await api('GET', '/api/v1/incidents?service=storm-7')).incidents[0]
      for (const [form, device] of Object.entries({ phone, tablet, wide })) {
        await stays('/', device, async (page) => {
          await picture(page, `first-view-storm-${more ? 'many' : 'few'}-${form}`)
          await page.getByRole('region', { name: 'Storm' }).getByText(/node=n1/).waitFor()
          assert.equal(await page.getByText(/^And \d+ more\.$/).count(), more ? 1 : 0)
        }, place(`Ack #${number}`))
      }
    }
  } finally {
    await send(many, 'resolved')
  }
})
