// An hour of a busy screen on the wall, in less: its clock is moved, the incidents are real. For what takes longer than a
// check may.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { launch, open, quiet, send, signIn } from './rouse.mjs'

let browser, state
before(async () => {
  browser = await launch()
  state = await signIn(browser)
  await quiet()
})
after(() => browser.close())

const step = 5 // seconds
const lives = 8 // steps
const alerts = (n) => Array.from({ length: 5 }, (_, k) => ({ fingerprint: `hour-${n}-${k}`, labels: { alertname: 'Busy', service: `busy-${k}`, severity: k === 0 ? 'critical' : 'error', environment: `step-${n}` }, annotations: { summary: `Step ${n}: ${'busy '.repeat(20)}` } }))

test('memory is flat over an hour of a busy wall', async () => {
  const page = await open(browser, '/wall', { state })
  await page.clock.install()
  await page.reload()
  await page.getByRole('main').waitFor()
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  const look = async () => {
    for (let n = 0; n < 3; n++) await cdp.send('HeapProfiler.collectGarbage')
    const { metrics } = await cdp.send('Performance.getMetrics')
    const of = (name) => metrics.find((m) => m.name === name).value
    return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') }
  }
  const seen = []
  for (let n = 0; n < 3600 / step; n++) {
    await send(alerts(n))
    if (n >= lives) await send(alerts(n - lives), 'resolved')
    await page.clock.runFor(step * 1000)
    if (n % 60 === 59) seen.push(await look()) // every five minutes
  }
  console.log(seen.map((s, n) => `${5 * (n + 1)} min: ${(s.heap / 1e6).toFixed(2)} MB, ${s.nodes} nodes, ${s.listeners} listeners`).join('\n'))
  assert.ok((await page.getByText(/Step \d+/).count()) > 0, 'nothing was seen of all that')
  // The first quarter of an hour fills what is kept on purpose; after that it must not grow.
  const [early, late] = [seen.slice(2, 5), seen.slice(-3)].map((part) => Object.fromEntries(['heap', 'nodes', 'listeners'].map((k) => [k, Math.min(...part.map((s) => s[k]))])))
  for (const k of ['heap', 'nodes', 'listeners']) assert.ok(late[k] <= early[k] * 1.15, `${k} grew from ${early[k]} to ${late[k]}`)
  await page.context().close()
})
