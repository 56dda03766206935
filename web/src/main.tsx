import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { Frame } from '@/app/frame'
import { takeFirst, wholeFirst } from '@/app/first'
import { keep, restore } from '@/app/last-state'
import { queryClient } from '@/app/query'
import { newRouter } from '@/app/router'
import { startWorker } from '@/app/worker'
import './index.css'

// A part of a build that the server has no more: the page is of an older one. Once: where that does not help, it is said.
addEventListener('vite:preloadError', () => {
  if (performance.now() > 10_000) location.reload()
})

takeFirst(queryClient)
const router = newRouter()
// What the page needs is there before anything of what the server has shown is replaced.
await Promise.all([restore(queryClient), router.load(), wholeFirst(queryClient)])
keep(queryClient)
startWorker(queryClient)

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Frame>
        <RouterProvider router={router} />
      </Frame>
    </QueryClientProvider>
  </StrictMode>,
)
