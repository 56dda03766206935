// Says how large what is loaded first is, and fails where it is more than people on a phone should wait for.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const limit = 200 * 1024
const dist = join(import.meta.dirname, '../../internal/adapters/webui/dist')
const index = readFileSync(join(dist, 'index.html'), 'utf8')
const first = [...index.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map((m) => m[1])
let total = 0
for (const file of first) {
  const size = gzipSync(readFileSync(join(dist, file)), { level: 9 }).length
  total += size
  console.log(`${(size / 1024).toFixed(1).padStart(7)} KB gzipped  ${file}`)
}
console.log(`${(total / 1024).toFixed(1).padStart(7)} KB of ${limit / 1024} KB`)
if (first.length < 2 || total > limit) process.exit(1)
