// What the browser tests share: the browser, a person who is signed in, alerts, and looking at a page closely.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'

import { chromium } from 'playwright-core'

const { ROUSE_URL, ROUSE_KEY, ROUSE_TOKEN, ALERTMANAGER_URL, CHROMIUM, SCREENSHOTS } = process.env
export const url = ROUSE_URL ?? 'http://localhost:8080'
export const alertmanager = ALERTMANAGER_URL

export const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
export const wide = { viewport: { width: 1440, height: 900 } }

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const launch = () => chromium.launch({ executablePath: CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] })

/** Gives somebody the password that everybody has here. */
export async function invite(email) {
  const { path } = await api('POST', `/api/v1/users/${email}/password-link`, {})
  await api('POST', '/api/v1/password', { token: new URL(path, url).searchParams.get('token'), password: 'a long enough password' })
}

/** Signs in once; what it gives lets contexts begin signed in. */
export async function signIn(browser, email = 'ana@example.org') {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${url}/sign-in`)
  await page.fill('[name=email]', email)
  await page.fill('[name=password]', 'a long enough password')
  await page.click('button')
  await page.waitForURL(`${url}/`)
  const state = await context.storageState()
  await context.close()
  return state
}

/** A page of somebody who is signed in. Whatever its console complains of is kept in `complaints`. */
export async function open(browser, path, { state, theme = 'light', at = url, ...device } = {}) {
  const context = await browser.newContext({ ...wide, ...device, storageState: state, colorScheme: theme, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.complaints = []
  page.on('console', (m) => (m.type() === 'error' || m.type() === 'warning' ? page.complaints.push(`${m.text()} ${m.location().url}`) : undefined))
  page.on('pageerror', (e) => page.complaints.push(String(e)))
  await page.goto(at + path)
  return page
}

/** Another way to the server, that can be cut and mended. */
export async function newCable() {
  const ends = new Set()
  const { hostname, port } = new URL(url)
  const server = createServer((from) => {
    const to = connect(Number(port), hostname)
    for (const [a, b] of [[from, to], [to, from]]) {
      ends.add(a)
      a.on('error', () => b.destroy()).on('close', () => (ends.delete(a), b.destroy())).pipe(b)
    }
  })
  const listen = (on) => new Promise((done) => server.listen(on, '127.0.0.1', done))
  await listen(0)
  const own = server.address().port
  return {
    url: `http://127.0.0.1:${own}`,
    mend: () => listen(own),
    cut: () => {
      for (const e of ends) e.destroy()
      return new Promise((done) => server.close(done))
    },
  }
}

/** Sends alerts as Alertmanager does, and gives when the answer was there: committed. */
export async function send(alerts, status = 'firing') {
  const now = new Date().toISOString()
  const body = {
    version: '4', groupKey: 'e2e', status, receiver: 'rouse', groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: '',
    alerts: alerts.map((a) => ({
      status, startsAt: a.startsAt ?? now, endsAt: status === 'resolved' ? now : '0001-01-01T00:00:00Z', generatorURL: a.generatorURL ?? 'http://prometheus.example/graph',
      fingerprint: a.fingerprint ?? `${a.labels.alertname}-${a.labels.service}-${a.labels.instance ?? ''}`.slice(0, 60), labels: a.labels, annotations: a.annotations ?? {},
    })),
  }
  const r = await fetch(`${url}/alerts`, { method: 'POST', headers: { Authorization: `Bearer ${ROUSE_KEY}`, 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  assert.equal(r.status, 202, await r.text())
  return performance.now()
}

/** Asks the API with all rights. */
export async function api(method, path, body) {
  const r = await fetch(url + path, { method, headers: { Authorization: `Bearer ${ROUSE_TOKEN}`, 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body) })
  assert.ok(r.ok, `${method} ${path}: ${r.status} ${r.ok ? '' : await r.text()}`)
  return r.status === 204 ? undefined : r.json()
}

/** Ends all that is open, so that what somebody else left is not in the way. */
export async function quiet() {
  for (;;) {
    const { incidents } = await api('GET', '/api/v1/incidents?status=open,acknowledged&limit=100')
    if (incidents.length === 0) return
    await api('POST', '/resolve', { ids: incidents.map((i) => i.number), status: 'resolved' })
  }
}

/** Keeps a picture, where that is wanted. */
export async function picture(page, name) {
  if (SCREENSHOTS === undefined) return
  mkdirSync(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
}

/** What axe finds on a page, in words. */
export async function violations(page) {
  await page.evaluate(axe)
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} ${n.failureSummary?.split('\n')[1]?.trim() ?? ''}`))
}

/** Nothing may stick out at the side. */
export const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
