// From an empty server to a page on one's own phone.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { api, launch, open, phone, picture, send, sideways, signIn, url, violations } from './rouse.mjs'

let browser, state
before(async () => {
  browser = await launch()
  state = await signIn(browser)
})
after(() => browser.close())

test('the phone comes in by a code, a page is answered there, and the first steps see both', async () => {
  const page = await open(browser, '/start', { state })
  const made = page.waitForResponse((r) => r.url().endsWith('/api/v1/session/link'))
  await page.getByRole('button', { name: 'Show the code' }).click()
  const { path } = await (await made).json()
  await page.getByRole('img', { name: 'The code for your phone’s camera' }).waitFor()
  await picture(page, 'start-code')
  const hers = await open(browser, path, { ...phone })
  await hers.getByRole('button', { name: 'Sign in' }).tap()
  await hers.waitForURL(`${url}/`)
  await page.getByRole('button', { name: 'Next', exact: true }).click()

  await page.getByRole('button', { name: 'Page me now' }).click()
  await page.getByText(/On its way for/).waitFor()
  const { number } = (await api('GET', '/api/v1/incidents?status=open&q=a first page')).incidents[0]
  await hers.goto(`${url}/i/${number}`)
  await hers.getByRole('button', { name: 'Acknowledge' }).tap()
  await page.getByText(/Answered in \d+ s ✓/).waitFor()
  await page.getByRole('button', { name: 'It is over: resolve it' }).click()
  await page.getByRole('button', { name: 'Next', exact: true }).click()

  await send([{ labels: { alertname: 'Hello', app: 'first-steps', severity: 'info' } }])
  const alert = page.locator('li', { has: page.getByRole('heading', { name: 'The first alert' }) })
  if (await alert.getByRole('button', { name: /^Open/ }).isVisible()) await alert.getByRole('button', { name: /^Open/ }).click() // other tests may have sent before
  await alert.getByText(/Alerts arrive/).waitFor()
  await alert.getByText(/, and was read so/).waitFor()
  const next = page.locator('li', { has: page.getByRole('heading', { name: 'Who is next if you sleep?' }) })
  if (await next.getByRole('button', { name: /^Open/ }).isVisible()) await next.getByRole('button', { name: /^Open/ }).click()
  await next.getByRole('list', { name: 'Who would be woken, in order' }).waitFor()
  await picture(page, 'start-woken')
  await page.setViewportSize(phone.viewport)
  const cut = await next.getByText('fallback', { exact: true }).first().evaluate((e) => e.scrollWidth > e.clientWidth || e.getBoundingClientRect().right > e.closest('[aria-hidden]').getBoundingClientRect().right)
  assert.ok(!cut, 'the picture is cut on a phone')
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme })
    assert.deepEqual(await violations(page), [], theme)
  }
  assert.equal(await sideways(page), 0)
  assert.deepEqual([...page.complaints, ...hers.complaints], [])
  await page.context().close()
  await hers.context().close()
})
