import { QueryClientProvider } from '@tanstack/react-query'
import { createMemoryHistory, RouterProvider } from '@tanstack/react-router'
import { render, type RenderResult } from '@testing-library/react'
import userEvent, { type UserEvent } from '@testing-library/user-event'
import { setupServer } from 'msw/node'
import { onTestFinished } from 'vitest'

import { Frame } from '@/app/frame'
import { queryClient } from '@/app/query'
import { newRouter } from '@/app/router'
import { client } from '@/shared/api/gen/client.gen'
import type { Api } from './api'

/** Shows a page of the whole UI, over an API with a memory. */
export async function show(path: string, api: Api): Promise<RenderResult & { user: UserEvent; router: ReturnType<typeof newRouter> }> {
  const server = setupServer(...api.handlers)
  server.listen({ onUnhandledRequest: 'error' })
  client.setConfig({ baseUrl: location.origin })
  queryClient.clear()
  onTestFinished(() => {
    queryClient.clear()
    server.close()
  })
  const router = newRouter(createMemoryHistory({ initialEntries: [path] }))
  const user = userEvent.setup()
  const page = render(
    <QueryClientProvider client={queryClient}>
      <Frame>
        <RouterProvider router={router} />
      </Frame>
    </QueryClientProvider>,
  )
  return { ...page, user, router }
}
