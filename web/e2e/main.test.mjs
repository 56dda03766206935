// The main things, in a real browser against the built program: `go test ./test/browser` starts what is needed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { alertmanager, api, launch, newCable, open, phone, picture, send, sideways, signIn, url, violations, wide } from './rouse.mjs'

let browser, state
before(async () => {
  browser = await launch()
  state = await signIn(browser)
})
after(() => browser.close())

const labels = (service, more = {}) => ({ alertname: 'Down', service, severity: 'critical', environment: 'prod', ...more })
const line = (page, service) => page.locator('[data-line]', { hasText: service })
const numberOf = async (service) => (await api('GET', `/api/v1/incidents?service=${service}`)).incidents[0]

test('an alert is on an open dashboard within a second of its answer', async () => {
  const page = await open(browser, '/', { state })
  await page.locator('[data-app]').waitFor()
  await send([{ labels: labels('warm-up') }])
  await line(page, 'warm-up').waitFor()
  const took = []
  for (let n = 0; n < 5; n++) {
    const answered = await send([{ labels: labels(`fast-${n}`) }])
    await line(page, `fast-${n}`).waitFor()
    took.push(Math.round(performance.now() - answered))
  }
  console.log(`from the answer to the screen: ${took.join(', ')} ms`)
  took.sort((a, b) => a - b)
  assert.ok(took[2] <= 1000, `the median of ${took} ms is over a second`)
  assert.deepEqual(page.complaints, [])
  await page.context().close()
})

test('a real Alertmanager brings one, and its recovery takes it away', async () => {
  const page = await open(browser, '/', { state })
  const post = (endsAt) =>
    fetch(`${alertmanager}/api/v2/alerts`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify([{ labels: labels('from-alertmanager'), annotations: { summary: 'It came by a real Alertmanager' }, ...(endsAt === undefined ? {} : { endsAt }) }]),
    }).then((r) => assert.equal(r.status, 200))
  await post()
  await line(page, 'It came by a real Alertmanager').waitFor()
  await post(new Date().toISOString())
  await line(page, 'It came by a real Alertmanager').waitFor({ state: 'detached' })
  assert.deepEqual(page.complaints, [])
  await page.context().close()
})

test('acknowledged on a phone: nothing escalates any more, and another browser sees it', async () => {
  await send([{ labels: labels('phone') }])
  const { number } = await numberOf('phone')
  const ana = await open(browser, `/i/${number}`, { state, ...phone })
  const other = await open(browser, '/', { state })
  await line(other, 'phone').waitFor()
  const button = ana.getByRole('button', { name: 'Acknowledge' })
  await button.waitFor()
  const box = await button.boundingBox()
  assert.ok(box.y + box.height <= 844 && box.height >= 48, `the button is at ${JSON.stringify(box)}: not in reach of a thumb`)
  await button.tap()
  await ana.getByText('Acknowledged by Ana').waitFor()
  await other.getByRole('button', { name: `Ack #${number}` }).waitFor({ state: 'detached' })
  await line(other, 'phone').getByText('Ana', { exact: true }).waitFor()
  const { status, next } = await numberOf('phone')
  assert.equal(status, 'acknowledged')
  assert.notEqual(next?.what, 'escalate')
  // And the other way round.
  await line(other, 'phone').click()
  await other.getByRole('button', { name: 'Resolve' }).click()
  await other.getByRole('button', { name: /Resolve; page again/ }).click()
  await ana.getByRole('button', { name: 'Reopen' }).waitFor()
  assert.deepEqual([...ana.complaints, ...other.complaints], [])
  await ana.context().close()
  await other.context().close()
})

test('everything by the keyboard alone', async () => {
  await send([{ labels: labels('keys') }])
  const { number } = await numberOf('keys')
  const page = await open(browser, '/?service=keys', { state })
  await line(page, 'keys').waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: `Open #${number}` }).waitFor()
  await page.keyboard.press('a')
  await page.getByText(`Acknowledged #${number}`).first().waitFor()
  await page.keyboard.press('Control+k')
  await page.locator('[role=combobox]:focus').waitFor()
  await page.keyboard.type(`#${number}`)
  await page.keyboard.press('Enter')
  await page.waitForURL(`${url}/i/${number}`)
  await page.getByText('Acknowledged by Ana').waitFor()
  await page.keyboard.press('r')
  await page.getByText('1 alert still fires.').waitFor()
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: /Resolve; page again/ }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Reopen' }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('d')
  await page.waitForURL((u) => u.pathname === '/')
  assert.deepEqual(page.complaints, [])
  await page.context().close()
})

test('a figure leads to its incidents', async () => {
  await send([{ labels: labels('figures', { alertname: 'Counted' }) }])
  const page = await open(browser, '/insight?service=figures', { state })
  await page.getByRole('link', { name: '1 incidents: Counted' }).click()
  await page.waitForURL((u) => u.pathname === '/history')
  await page.getByText('opened by Counted').waitFor()
  const { number } = await numberOf('figures')
  await page.getByRole('link', { name: `#${number}` }).waitFor() // the words are there before the list
  assert.equal(await page.locator('main li a[href^="/i/"]').count(), 1)
  await send([{ labels: labels('figures', { alertname: 'Counted' }) }], 'resolved') // the wall has room for eight
  assert.deepEqual(page.complaints, [])
  await page.context().close()
})

test('the stream is cut: it says so, and nothing is missed when it is back', async (t) => {
  const cable = await newCable()
  t.after(() => cable.cut())
  const page = await open(browser, '/', { state, at: cable.url })
  await page.getByRole('heading', { level: 1 }).waitFor()
  const where = () => page.getByRole('heading', { level: 1 }).boundingBox()
  const before = await where()
  await cable.cut()
  await page.getByText(/Offline since/).waitFor()
  assert.deepEqual(await where(), before, 'the page moves under whoever aims at a button')
  await picture(page, 'offline')
  await send([{ labels: labels('while-away') }])
  await cable.mend()
  await line(page, 'while-away').waitFor()
  await page.getByText(/Offline since/).waitFor({ state: 'detached' })
  assert.deepEqual(page.complaints.filter((c) => !/net::ERR_/.test(c)), [])
  await page.context().close()
})

test('what is wrong with Rouse itself is said without moving anything', async (t) => {
  const page = await open(browser, '/', { state, ...phone })
  const where = () => page.getByRole('heading', { level: 1 }).boundingBox()
  await page.getByRole('heading', { level: 1 }).waitFor()
  const before = await where()
  t.after(() => api('POST', '/api/v1/paging/resume', {}))
  await api('POST', '/api/v1/paging/hold', { reason: 'the database was restored, and somebody looks at it first' })
  await page.reload()
  await page.getByText(/Paging is held/).first().waitFor()
  assert.deepEqual(await where(), before)
  assert.deepEqual(await violations(page), [])
  await picture(page, 'paging-held-phone')
  await page.getByText(/Paging is held/).first().tap()
  await page.getByText(/somebody looks at it first/).nth(1).waitFor()
  await page.context().close()
})

test('a title has room at every width, whoever is paged and comes next', async () => {
  const to = ['ana', 'ben'].map((n) => ({ user: `${n}@example.org` }))
  const { number } = await api('POST', '/api/v1/incidents', { title: 'Error rate 12% on api-7, which is far above what it was yesterday at this time', severity: 'critical', to })
  const page = await open(browser, '/', { state })
  const title = page.locator('[data-line] > :nth-child(2)', { hasText: 'far above' })
  for (const width of [390, 640, 768, 1024, 1279]) {
    await page.setViewportSize({ width, height: 800 })
    await title.waitFor()
    const share = await title.evaluate((t) => t.clientWidth / t.parentElement.clientWidth)
    assert.ok(share >= 0.39, `${width}: a title has ${share} of its line`)
  }
  await page.setViewportSize(phone.viewport)
  await page.goto(`${url}/wall`)
  const row = page.locator('li > :nth-child(2)').first()
  assert.ok((await row.evaluate((t) => t.clientWidth / t.parentElement.clientWidth)) > 0.9, 'a title on the wall has no room')
  await page.context().close()
  await api('POST', '/resolve', { ids: [number], status: 'resolved' }) // the wall of others has no room for it
})

/** What of a line of the list, beside its title, is printed over something else of it. */
const printedOver = (row) =>
  row.evaluate((r) => {
    const words = [...r.querySelectorAll('span, bdi')].filter((e) => e.childElementCount === 0 && e.textContent.trim() !== '' && e.closest('.line-clamp-2') === null)
    const boxes = words.map((e) => ({ text: e.textContent, ...e.getBoundingClientRect().toJSON() }))
    return boxes.flatMap((a, n) => boxes.slice(n + 1).filter((b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom && b.top < a.bottom).map((b) => `${a.text} and ${b.text}`))
  })

test('hostile text is text, and the page stays whole', async () => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
  await send([
    { labels: { ...labels('hostile'), long: 'x'.repeat(3000) }, annotations: { summary: `${evil} ${'W'.repeat(700)} مرحبا بالعالم 🔥`, description: 'y'.repeat(10_000), runbook_url: 'javascript:alert(1)' }, generatorURL: 'javascript:alert(1)' },
    { labels: { ...labels('hostile'), alertname: '\u202Etxet desrever' }, annotations: { summary: evil } },
  ])
  const { number } = await numberOf('hostile')
  await api('POST', `/api/v1/incidents/${number}/note`, { note: `${evil} </script> {{.}} ${'N'.repeat(1500)}` })
  for (const path of ['/', '/?service=hostile', `/i/${number}`, '/history?status=all&service=hostile', '/wall']) {
    for (const device of [wide, phone]) {
      const page = await open(browser, path, { state, ...device })
      await page.locator('[data-app], main[aria-label=Wall]').waitFor() // before that it is the server's
      await page.getByText('<img src=x').first().waitFor()
      if (path.startsWith('/i/')) await page.getByText('</script> {{.}}').first().waitFor()
      assert.equal(await sideways(page), 0, `${path} sticks out`)
      if (path === '/' && device === wide) assert.deepEqual(await printedOver(line(page, 'hostile').first()), [])
      assert.match(await page.title(), /Rouse$/)
      assert.equal(await page.locator('a[href^="javascript:"]').count(), 0)
      assert.deepEqual(page.complaints, [])
      await page.context().close()
    }
  }
})

test('every page in both themes, wide and on a phone: no complaint, no violation, a picture', async () => {
  await api('POST', '/resolve', { ids: [(await numberOf('fast-0')).number], status: 'acknowledged' })
  const { number } = await numberOf('fast-1')
  const pages = { dashboard: '/', incident: `/i/${number}`, history: '/history?status=all', insight: '/insight', start: '/start', wall: '/wall', nothing: '/i/999999', 'sign-in': '/sign-in', plain: '/plain' }
  for (const [form, device] of Object.entries({ wide, phone })) {
    for (const [name, path] of Object.entries(pages)) {
      const page = await open(browser, path, { state, ...device })
      await page.getByRole('heading', { level: 1 }).waitFor()
      if (name === 'dashboard') await line(page, 'fast-1').waitFor()
      if (name === 'start') await page.getByRole('button', { name: /^Skip|Next/ }).waitFor()
      if (name === 'insight') await page.getByRole('heading', { name: 'Pages of people' }).waitFor()
      for (const theme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: theme }) // also on a page that is there already
        await picture(page, `${name}-${theme}-${form}`)
        assert.deepEqual(await violations(page), [], `${name} ${theme} ${form}`)
        assert.equal(await sideways(page), 0, `${name} ${theme} ${form} sticks out`)
      }
      assert.deepEqual(page.complaints.filter((c) => !(name === 'nothing' && c.includes('404'))), [], `${name} ${form}`)
      await page.context().close()
    }
  }
})
