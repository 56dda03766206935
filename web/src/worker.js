// The service worker. It shows notifications, and keeps this build's files, so that the UI begins without a network, and nothing that the API
// says: the last state is the page's to keep (src/app/last-state.ts), and forgotten here when somebody signs out.
// worker.ts fills in what stands in quotes and underlines.
const build = '__BUILD__'
const files = '__FILES__'
const pages = new RegExp('__PAGES__')
const shell = `rouse-shell-${build}`
const state = 'rouse-state'
const patience = 200 // ms; a network that is faster than this answers every page itself

// A server of another build was heard, or the last page from here was never compared with the server's: before another
// one is given the server is asked for as long as it takes. So an old build is seen once at most, whatever becomes of
// the new worker. A worker that was ended meanwhile finds it written down.
let doubt = false
const doubted = '/doubt'

self.addEventListener('install', (e) => {
  e.waitUntil(
    caches
      .open(shell)
      .then((c) => c.addAll(files.map((f) => new Request(f, f.startsWith('/assets/') ? {} : { cache: 'reload' }))))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (e) => {
  e.waitUntil(
    caches
      .keys()
      // The build before is kept: a page of it may still load a part that it has not needed yet.
      .then((names) => names.filter((n) => n.startsWith('rouse-shell-') && n !== shell).slice(0, -1))
      .then((old) => Promise.all(old.map((n) => caches.delete(n))))
      .then(() => self.clients.claim())
      .then(() => tell({ build })),
  )
})

self.addEventListener('fetch', (e) => {
  const { pathname, origin } = new URL(e.request.url)
  if (origin !== self.location.origin) return
  if (e.request.mode === 'navigate') {
    if (['/sign-out', '/sign-in', '/password', '/setup'].includes(pathname)) e.respondWith(forget(e.request, pathname))
    else if (e.request.method === 'GET' && pages.test(pathname)) e.respondWith(page(e))
  } else if (e.request.method === 'GET' && files.includes(pathname)) {
    e.respondWith(caches.match(e.request, { cacheName: shell }).then((kept) => kept ?? fetch(e.request)))
  } else if (e.request.method === 'GET' && pathname.startsWith('/assets/')) {
    e.respondWith(caches.match(e.request).then((kept) => kept ?? fetch(e.request)))
  }
})

// A notification is shown whatever else fails: browsers take a subscription away from whoever is pushed to and shows none.
self.addEventListener('push', (e) => e.waitUntil(notify(e.data?.json() ?? { title: 'Rouse', body: 'Something happened: open Rouse', tag: 'rouse' })))

self.addEventListener('notificationclick', (e) => {
  e.notification.close()
  e.waitUntil(chosen(e.action, e.notification.data))
})

// The browser's maker gave this device another address: it stays the same contact.
self.addEventListener('pushsubscriptionchange', (e) => e.waitUntil(subscribeAgain(e.oldSubscription)))

function notify(n) {
  const actions = n.acknowledge === undefined ? [] : [{ action: 'acknowledge', title: 'Acknowledge' }]
  return self.registration.showNotification(n.title, {
    body: n.body,
    tag: n.tag,
    data: n,
    icon: '/icon-192.png',
    badge: '/icon-192.png',
    silent: n.silent === true,
    renotify: n.silent !== true,
    requireInteraction: n.acknowledge !== undefined,
    actions: n.link === undefined ? actions : [...actions, { action: 'open', title: 'Open' }],
  })
}

async function chosen(action, n) {
  if (action === 'acknowledge') await notify(await acknowledge(n))
  else await open(n.link)
}

// What came of it stands where it was asked for: done, already by whom, or NOT saved.
async function acknowledge(n) {
  const said = { title: n.title, tag: n.tag, link: n.link }
  try {
    const answer = await fetch('/api/v1/resolve', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ids: n.acknowledge, status: 'acknowledged' }),
      signal: AbortSignal.timeout(9000), // whoever acknowledges hears within ten seconds
    })
    if (answer.status === 401) return { ...said, title: 'NOT ACKED: nobody is signed in here', body: `Escalation continues. Open Rouse and sign in. ${n.body}` }
    if (answer.status === 403) return { ...said, title: 'NOT ACKED: your role may not', body: `Escalation continues. ${n.body}` }
    if (!answer.ok) throw new Error(String(answer.status))
    const { results } = await answer.json()
    return { ...said, ...words(results), silent: true }
  } catch {
    return { ...n, title: 'NOT ACKED: could not save', body: `Escalation continues. Try again. ${n.body}` }
  }
}

function words(results) {
  const failed = results.filter((r) => r.code !== undefined)
  const body = results.map((r) => r.said ?? `#${r.number ?? r.id}: ${r.detail ?? r.status}`).join(' ')
  if (failed.length === 0) return { title: results.some((r) => r.changed) ? 'Acked. You own it.' : 'Nothing to do', body }
  return { title: failed.length === results.length ? 'Nothing was acked' : `Acked, but for ${failed.length}`, body }
}

// Links lead to the address that people are told; here it may be known by another one.
async function open(link) {
  const path = link === undefined ? '/' : new URL(link).pathname
  for (const c of await self.clients.matchAll({ type: 'window' })) {
    if (new URL(c.url).pathname === path) return c.focus()
  }
  return self.clients.openWindow(path)
}

async function subscribeAgain(old) {
  const { key } = await (await fetch('/api/v1/push-key')).json()
  const sub = (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON()
  const body = { name: 'device', subscription: { endpoint: sub.endpoint, keys: { auth: sub.keys.auth, p256dh: sub.keys.p256dh } }, replaces: old?.endpoint ?? '' }
  await fetch('/api/v1/devices', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
}

async function page(e) {
  const cache = await caches.open(shell)
  const kept = await cache.match('/index.html')
  const asked = fetch(e.request)
  e.waitUntil(compare(cache, asked))
  if (kept === undefined) return asked
  const answer = asked.then((a) => (a.status < 500 ? a : kept)).catch(() => kept)
  if (doubt || (await cache.match(doubted)) !== undefined) return answer
  const soon = await Promise.race([answer, new Promise((done) => setTimeout(done, patience, undefined))])
  if (soon !== undefined) return soon
  doubt = true // until compared
  return kept
}

// Whoever is not signed in is sent to do so: that says nothing of the build.
async function compare(cache, asked) {
  try {
    const answer = await asked
    if (!answer.ok) return
    const same = (await answer.clone().text()).includes(`content="${build}"`)
    doubt = !same
    if (same) await cache.delete(doubted)
    else await cache.put(doubted, new Response('another build was heard'))
  } catch {
    doubt = false // without a network there is no other build to be seen
  }
}

// Nothing of what somebody has seen is left for whoever comes next; pages that are still open let go of it, too. They hear
// of it once the server has, or could not be asked: one that leaves for the sign-in page meanwhile would take back its own
// signing out. What a page keeps while it leaves goes, too.
async function forget(request, path) {
  await caches.delete(state)
  try {
    return await fetch(request)
  } finally {
    await tell({ forget: path === '/sign-out' ? 'signed-out' : 'ended' })
    await caches.delete(state)
  }
}

async function tell(what) {
  for (const c of await self.clients.matchAll({ type: 'window', includeUncontrolled: true })) c.postMessage(what)
}
