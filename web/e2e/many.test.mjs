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

// What each task took of the processor, in microseconds: by the clock on the wall, what else the machine does counts, too.
function mainThreadTasks(events) {
  const main = new Set(events.filter((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain').map((e) => `${e.pid} ${e.tid}`))
  return events.filter((e) => e.ph === 'X' && /(^|::)RunTask$/.test(e.name) && main.has(`${e.pid} ${e.tid}`)).map((e) => e.tdur ?? 0)
}

test('ten thousand incidents scroll without a pause', async () => {
  for (let n = 0; n < 20; n++) {
    await send(Array.from({ length: 500 }, (_, k) => ({ fingerprint: `many-${n}-${k}`, labels: { alertname: 'Many', service: 'many', severity: 'error', environment: `env-${n}-${k}` } })))
  }
  const page = await open(browser, '/', { state })
  await page.locator('[data-app]').waitFor() // what is drawn before is the server's
  await page.getByText(/1\d{4} unacked/).waitFor()
  await browser.startTracing(page, { categories: ['devtools.timeline', 'toplevel', '__metadata'] })
  await page.evaluate(async () => {
    for (let n = 0; n < 300; n++) {
      scrollBy(0, 240) // two notches of a wheel in each frame
      await new Promise((done) => requestAnimationFrame(done))
    }
  })
  const tasks = mainThreadTasks(JSON.parse(await browser.stopTracing()).traceEvents)
  const worst = tasks.toSorted((a, b) => b - a).slice(0, 5).map((us) => Math.round(us / 1000))
  console.log(`the longest of ${tasks.length} tasks while scrolling 72,000 pixels took ${worst.join(', ')} ms of the processor`)
  assert.ok(tasks.length > 300, 'the trace has the page')
  assert.ok(worst[0] <= 50, 'a task over 50 ms')
  await page.context().close()
})
