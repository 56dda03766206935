// How it is with ten thousand incidents: longer than a check may take, and only to be believed on a
// machine that has nothing else to do.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { launch, open, send, signIn } from './rouse.mjs'

let browser, state
before(async () => {
  browser = await launch()
  state = await signIn(browser)
})
after(() => browser.close())

test('ten thousand incidents scroll without a pause', async () => {
  for (let n = 0; n < 20; n++) {
    await send(Array.from({ length: 500 }, (_, k) => ({ fingerprint: `many-${n}-${k}`, labels: { alertname: 'Many', service: 'many', severity: 'error', environment: `env-${n}-${k}` } })))
  }
  const page = await open(browser, '/', { state })
  await page.getByText(/1\d{4} unacked/).waitFor()
  const long = await page.evaluate(async () => {
    const found = []
    new PerformanceObserver((l) => found.push(...l.getEntries().map((e) => Math.round(e.duration)))).observe({ type: 'longtask' })
    for (let n = 0; n < 300; n++) {
      scrollBy(0, 240) // two notches of a wheel in each frame
      await new Promise((done) => requestAnimationFrame(done))
    }
    await new Promise((done) => setTimeout(done, 200))
    return found
  })
  console.log(`long tasks while scrolling 72,000 pixels: ${long.length === 0 ? 'none' : long.join(', ') + ' ms'}`)
  assert.deepEqual(long, [])
  await page.context().close()
})
