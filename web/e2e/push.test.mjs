// Notifications by the real service worker: what was pushed is shown, and acknowledged from there without a page.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { api, launch, open, send, signIn, url } from './rouse.mjs'

let browser, state
before(async () => {
  browser = await launch()
  state = await signIn(browser)
})
after(() => browser.close()) // with all that was opened in it: closing one context has once not ended

const critical = (service) => ({ labels: { alertname: 'Down', service, severity: 'critical', environment: 'prod' } })

/** A browser with the worker, by which the test pushes as a push service does. */
async function subscribed() {
  const page = await open(browser, '/', { state })
  const context = page.context()
  await context.grantPermissions(['notifications'], { origin: url })
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'))
  const cdp = await context.newCDPSession(page)
  const registered = new Promise((found) =>
    cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations.length === 0 ? undefined : found(registrations[0].registrationId)),
  )
  await cdp.send('ServiceWorker.enable')
  const registrationId = await registered
  const push = (n) => cdp.send('ServiceWorker.deliverPushMessage', { origin: url, registrationId, data: JSON.stringify(n) })
  return { page, context, worker, push }
}

/** Waits until a notification of a tag says something, and gives all that are shown. */
const shown = (worker, tag, title) =>
  worker.evaluate(
    async ([tag, title]) => {
      for (;;) {
        const all = await self.registration.getNotifications({ tag })
        if (all.some((n) => n.title.startsWith(title))) return all.map((n) => ({ title: n.title, body: n.body, silent: n.silent, actions: n.actions.map((a) => a.title) }))
        await new Promise((again) => setTimeout(again, 20))
      }
    },
    [tag, title],
  )

/** Presses a button of what is shown: no protocol can, so the worker's own function is called, as its event does. */
const press = (worker, tag, action) => worker.evaluate(async ([tag, action]) => chosen(action, (await self.registration.getNotifications({ tag }))[0].data), [tag, action])

async function incident(service) {
  await send([critical(service)])
  return (await api('GET', `/api/v1/incidents?service=${service}`)).incidents[0].number
}

const page = (number) => ({ title: 'CRIT shop · prod', body: `Down · #${number}`, tag: `incident-${number}`, link: `http://elsewhere.example.org/i/${number}`, acknowledge: [number] })

test('a page is shown, and acknowledged from the notification', async () => {
  const number = await incident('pushed')
  const { worker, push } = await subscribed()
  await push(page(number))
  const [first, ...others] = await shown(worker, `incident-${number}`, 'CRIT')
  assert.deepEqual([first.body, first.actions, first.silent, others], [`Down · #${number}`, ['Acknowledge', 'Open'], false, []])

  await press(worker, `incident-${number}`, 'acknowledge')
  const [said, ...more] = await shown(worker, `incident-${number}`, 'Acked. You own it.')
  assert.match(said.body, new RegExp(`#${number}`))
  assert.deepEqual([said.silent, said.actions, more], [true, ['Open'], []]) // in the place of the page: one of a tag
  assert.equal((await api('GET', `/api/v1/incidents/${number}`)).status, 'acknowledged')

  await push(page(number)) // late, and answered already
  await shown(worker, `incident-${number}`, 'CRIT')
  await press(worker, `incident-${number}`, 'acknowledge')
  assert.match((await shown(worker, `incident-${number}`, 'Nothing to do'))[0].body, /Ana owns it since .* Nothing to do/)
})

test('what was not saved says so, and can be tried again', async () => {
  const number = await incident('pushed-offline')
  const { worker, push, context } = await subscribed()
  await push(page(number))
  await shown(worker, `incident-${number}`, 'CRIT')
  await context.setOffline(true)
  await worker.evaluate(() => { self.real = self.fetch; self.fetch = () => Promise.reject(new TypeError('no network')) })
  await press(worker, `incident-${number}`, 'acknowledge')
  const [said] = await shown(worker, `incident-${number}`, 'NOT ACKED: could not save')
  assert.match(said.body, /Escalation continues/)
  assert.deepEqual(said.actions, ['Acknowledge', 'Open'])
  assert.equal((await api('GET', `/api/v1/incidents/${number}`)).status, 'open')
  await context.setOffline(false)
  await worker.evaluate(() => { self.fetch = self.real })
  await press(worker, `incident-${number}`, 'acknowledge')
  await shown(worker, `incident-${number}`, 'Acked')
  await context.clearCookies()
  await push(page(number))
  await shown(worker, `incident-${number}`, 'CRIT')
  await press(worker, `incident-${number}`, 'acknowledge')
  await shown(worker, `incident-${number}`, 'NOT ACKED: nobody is signed in here')
})

test('that something is resolved does not ring', async () => {
  const { worker, push } = await subscribed()
  await push({ title: 'CRIT shop · prod', body: 'Resolved after 12 min · #7', tag: 'incident-7', silent: true })
  assert.deepEqual(await shown(worker, 'incident-7', 'CRIT'), [{ title: 'CRIT shop · prod', body: 'Resolved after 12 min · #7', silent: true, actions: [] }])
})

test('the person’s page says how a browser stands', async () => {
  const { page } = await subscribed()
  const { id } = await api('GET', '/api/v1/users/ana@example.org')
  await page.goto(`${url}/people/${id}`)
  await page.getByRole('button', { name: 'Notify me on this device' }).waitFor()
})
