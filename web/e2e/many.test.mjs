// How it is with ten thousand incidents: longer than a check may take.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { launch, open, send, signIn } from './rouse.mjs'

let browser, state
before(async () => {
  browser = await launch()
  state = await signIn(browser)
})
after(() => browser.close())

/** The main thread's tasks meanwhile, in ms of its own time, the longest first: what others do to the processor is not the page's. */
async function tasks(page, run) {
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline', 'toplevel'] })
  await run()
  const { traceEvents } = JSON.parse(await browser.stopTracing())
  const main = traceEvents.find((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain' && traceEvents.some((t) => t.pid === e.pid && t.name === 'RunTask' && t.tdur > 0))
  const all = traceEvents.filter((e) => e.name === 'RunTask' && e.tid === main.tid && e.pid === main.pid && e.tdur !== undefined)
  assert.ok(all.length > 300, 'the trace has no tasks of the page')
  return all.map((e) => Math.round(e.tdur / 1000)).sort((a, b) => b - a)
}

test('ten thousand incidents scroll without a pause', async () => {
  for (let n = 0; n < 20; n++) {
    await send(Array.from({ length: 500 }, (_, k) => ({ fingerprint: `many-${n}-${k}`, labels: { alertname: 'Many', service: 'many', severity: 'error', environment: `env-${n}-${k}` } })))
  }
  const page = await open(browser, '/', { state })
  await page.getByText(/1\d{4} unacked/).waitFor()
  const took = await tasks(page, () =>
    page.evaluate(async () => {
      for (let n = 0; n < 300; n++) {
        scrollBy(0, 240) // two notches of a wheel in each frame
        await new Promise((done) => requestAnimationFrame(done))
      }
    }),
  )
  console.log(`the longest tasks while scrolling 72,000 pixels: ${took.slice(0, 5).join(', ')} ms`)
  assert.deepEqual(took.filter((t) => t > 50), [])
  await page.context().close()
})
