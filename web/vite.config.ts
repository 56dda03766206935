import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

import { document } from './document.ts'
import { mock } from './mock.ts'
import { worker } from './worker.ts'

// The built files go where the Go program embeds them. In development, what is not the UI's own is asked of a
// server on this machine; with `--mode mock` of none.
export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss(), document(), worker(), mode === 'mock' ? mock() : undefined],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  build: {
    outDir: '../internal/adapters/webui/dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    // Two files for all that pages share: on a slow network each file costs more than its bytes. What only those share on
    // which things are set up is a third: nobody waits for it who comes for an incident.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'lib', test: /node_modules/, minShareCount: 2, priority: 2 },
            { name: 'base', test: /src\/(?!(?:features\/(?:channels|directory|forecast|integrations|people|policies|services)\/|shared\/ui\/(?:form|copy)\.))/, minShareCount: 2, priority: 1 },
            { name: 'owned', test: /src/, minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: { proxy: Object.fromEntries(['/api', '/incidents', '/sign-in', '/sign-out', '/setup', '/password', '/page.css'].map((p) => [p, 'http://localhost:8080'])) },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'], setupFiles: ['src/testing/setup.ts'], testTimeout: 30_000 },
}))
