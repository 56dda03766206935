import type { IncomingMessage, ServerResponse } from 'node:http'

import { getResponse } from 'msw'
import type { Plugin } from 'vite'

import type { Api } from './src/testing/api'

/** Answers in development by the API of the tests, with a memory and a stream: `npm run dev -- --mode mock`, no server needed. */
export function mock(): Plugin {
  return {
    name: 'mock-api',
    async configureServer(server) {
      const { sample } = (await server.ssrLoadModule('/src/testing/sample.ts')) as { sample: () => Api }
      const api = sample()
      const listeners = new Set<ServerResponse>()
      server.middlewares.use((req, res, next) => {
        const path = req.url?.split('?')[0] ?? '/'
        if (path === '/api/v1/stream') listen(res, listeners)
        else if (path.startsWith('/api/') || path === '/ready') void answer(api, req, res, listeners)
        else next()
      })
    },
  }
}

function listen(res: ServerResponse, listeners: Set<ServerResponse>): void {
  res.writeHead(200, { 'Content-Type': 'text/event-stream' })
  res.write('event: ready\ndata: {}\n\n')
  listeners.add(res)
  const beat = setInterval(() => res.write('event: here\ndata: {}\n\n'), 5_000)
  res.on('close', () => (listeners.delete(res), clearInterval(beat)))
}

async function answer(api: Api, req: IncomingMessage, res: ServerResponse, listeners: Set<ServerResponse>): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  const body = Buffer.concat(parts).toString()
  const method = req.method ?? 'GET'
  const before = new Map(api.incidents.map((i) => [i.id, i.version]))
  const said = await getResponse(api.handlers, new Request(`http://localhost${req.url}`, { method, ...(body === '' ? {} : { body }) }))
  res.writeHead(said?.status ?? 404, { 'Content-Type': 'application/json' })
  res.end(await said?.text())
  for (const i of api.incidents.filter((c) => before.get(c.id) !== c.version)) {
    for (const l of listeners) l.write(`event: incident\ndata: ${JSON.stringify({ id: i.id, number: i.number, version: i.version })}\n\n`)
  }
}
