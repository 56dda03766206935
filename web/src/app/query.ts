import { onlineManager, QueryClient } from '@tanstack/react-query'

import { Problem } from '@/shared/api/problem'

// It hears of changes only, and believes at first that there is a network.
onlineManager.setOnline(navigator.onLine)

// What a request says for good (not found, not allowed) is not asked again; what failed by the way is.
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => count < 3 && !(error instanceof Problem && error.status < 500),
      staleTime: 10_000,
      refetchOnWindowFocus: true,
    },
  },
})
