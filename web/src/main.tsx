import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { Frame } from '@/app/frame'
import { keep, restore } from '@/app/last-state'
import { queryClient } from '@/app/query'
import { newRouter } from '@/app/router'
import { startWorker } from '@/app/worker'
import './index.css'

// A part of a build that the server has no more: the page is of an older one.
addEventListener('vite:preloadError', () => location.reload())

await restore(queryClient)
keep(queryClient)
startWorker(queryClient)

const router = newRouter()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Frame>
        <RouterProvider router={router} />
      </Frame>
    </QueryClientProvider>
  </StrictMode>,
)
