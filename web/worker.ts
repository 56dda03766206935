import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import type { Plugin } from 'vite'

const template = new URL('./src/worker.js', import.meta.url).pathname
const ours = ['icon.svg'] // of public/
const router = new URL('./src/app/router.tsx', import.meta.url).pathname

/** Writes the service worker beside what was built: it knows each file of this build, the build's name and the pages' paths. */
export function worker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const index = bundle['index.html']
        if (index?.type !== 'asset') throw new Error('there is no index.html to keep')
        const source = readFileSync(template, 'utf8')
        const files = Object.keys(bundle).filter((f) => f.startsWith('assets/')).sort()
        const build = createHash('sha256').update([...files, String(index.source), source, ...ours.map(content)].join('\n')).digest('hex').slice(0, 16)
        index.source = String(index.source).replace('<!--build-->', `<meta name="build" content="${build}" />`)
        const filled = { BUILD: build, FILES: ['index.html', ...ours, ...files].map((f) => `/${f}`), PAGES: pages() }
        this.emitFile({ type: 'asset', fileName: 'sw.js', source: Object.entries(filled).reduce((s, [name, v]) => s.replace(`'__${name}__'`, JSON.stringify(v)), source) })
      },
    },
  }
}

const content = (name: string) => readFileSync(new URL(`./public/${name}`, import.meta.url), 'utf8')

/** The paths of the router's pages, as the source of one regular expression. */
function pages(): string {
  const paths = [...readFileSync(router, 'utf8').matchAll(/^\s*path: '([^']+)'/gm)].map((m) => m[1] ?? '')
  return `^(${paths.map((p) => p.replace(/\$\w+/g, '[^/]+')).join('|')})$`
}
