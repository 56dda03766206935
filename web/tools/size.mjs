// Says how large what is loaded first is, and fails where it is more than people on a phone should wait for.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const limit = 200 * 1024
const dist = join(import.meta.dirname, '../../internal/adapters/webui/dist')
const index = readFileSync(join(dist, 'index.html'), 'utf8')
const links = [...index.matchAll(/<(?:script|link)[^>]*(?:src|href)="(\/[^"]+\.(?:js|css))"[^>]*>/g)].map(([tag, file]) => ({ file, page: /data-for="(\w+)"/.exec(tag)?.[1] }))
const sizeOf = (bytes) => gzipSync(bytes, { level: 9 }).length
const kb = (size) => (size / 1024).toFixed(1).padStart(7)

// The document is no small part of it: its style stands in it.
const totals = { every: sizeOf(index), list: 0, incident: 0 }
console.log(`${kb(totals.every)} KB gzipped  the document`)
for (const { file, page } of links) {
  const size = sizeOf(readFileSync(join(dist, file)))
  totals[page ?? 'every'] += size
  console.log(`${kb(size)} KB gzipped  ${file}${page === undefined ? '' : `, for the ${page} only`}`)
}
const most = totals.every + Math.max(totals.list, totals.incident)
console.log(`${kb(most)} KB of ${limit / 1024} KB for one page`)
if (links.length < 2 || totals.list === 0 || totals.incident === 0 || most > limit) process.exit(1)
