// Draws the icons that phones want as pictures from public/icon.svg: node tools/icons.mjs. Only where that has changed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { chromium } from 'playwright-core'

const dir = join(import.meta.dirname, '../public')
const svg = readFileSync(join(dir, 'icon.svg'), 'utf8')
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
// A mask may cut off a fifth on each side: there the icon is smaller, on its own ground.
for (const [name, size, share, ground] of [
  ['icon-192', 192, 1, 'transparent'],
  ['icon-512', 512, 1, 'transparent'],
  ['icon-maskable-512', 512, 0.66, '#0e1116'],
  ['apple-touch-icon', 180, 0.8, '#0e1116'],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(`<body style="margin:0;height:100vh;display:grid;place-items:center;background:${ground}"><div style="width:${size * share}px">${svg}`)
  await page.screenshot({ path: join(dir, `${name}.png`), omitBackground: true })
  await page.close()
}
await browser.close()
