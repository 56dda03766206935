import { readFileSync } from 'node:fs'

import type { Plugin } from 'vite'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

/** Chunks that the pages people arrive at need at once, by what is in them. */
const first = ['features/dashboard/dashboard.tsx', 'features/incident/incident.tsx']

/**
 * Makes the document whole, so that the first view is there with it: the style and the theme stand in it, what its pages
 * need is loaded with it and not one after the other, and the server fills in what is seen (first.html).
 */
export function document(): Plugin {
  return {
    name: 'document',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const index = bundle['index.html']
        if (index?.type !== 'asset') throw new Error('there is no index.html')
        let html = String(index.source)
        html = html.replace(/<link rel="stylesheet"[^>]*href="\/([^"]+)">/, (_, name: string) => {
          const css = bundle[name]
          if (css?.type !== 'asset') throw new Error(`there is no ${name}`)
          delete bundle[name]
          return `<style>${String(css.source).replaceAll('</', '<\\/')}</style>`
        })
        html = html.replace('<script src="/theme.js"></script>', `<script>${read('./public/theme.js')}</script>`)
        for (const chunk of Object.values(bundle)) {
          if (chunk.type !== 'chunk' || !first.some((f) => chunk.facadeModuleId?.endsWith(f))) continue
          const page = chunk.facadeModuleId?.endsWith(first[0] ?? '') === true ? 'list' : 'incident'
          const needed = [chunk.fileName, ...chunk.imports].filter((f) => !html.includes(f))
          html = html.replace('</head>', `${needed.map((f) => `<link rel="modulepreload" data-for="${page}" crossorigin href="/${f}">`).join('\n    ')}\n  </head>`)
        }
        index.source = html
        this.emitFile({ type: 'asset', fileName: 'first.html', source: read('./first.html') })
      },
    },
  }
}
