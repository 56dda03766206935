import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, Outlet, type RouterHistory } from '@tanstack/react-router'

import { parseSearch } from '@/features/dashboard/search'
import { parseHistory } from '@/features/history/search'
import { parseInsight } from '@/features/insight/search'
import { unresolvedQuery } from '@/features/incident/board'
import { incidentQuery } from '@/features/incident/queries'
import { sessionQuery } from '@/shared/api/session'
import { Empty, Failed, Loading } from '@/shared/ui/states'
import { queryClient } from './query'
import { Shell } from './shell'

// internal/adapters/webui/webui.go has the same paths: a test compares them.
const root = createRootRoute({
  component: Outlet,
  loader: () => void queryClient.prefetchQuery(sessionQuery),
  notFoundComponent: () => (
    <Empty page title="There is nothing at this address">
      <Link to="/" className="underline">
        Go to the incidents
      </Link>
    </Empty>
  ),
})

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })

const dashboard = createRoute({
  getParentRoute: () => shell,
  path: '/',
  validateSearch: parseSearch,
  loader: () => void queryClient.prefetchQuery(unresolvedQuery),
  component: lazyRouteComponent(() => import('@/features/dashboard/dashboard'), 'Dashboard'),
})

const incident = createRoute({
  getParentRoute: () => shell,
  path: '/i/$ref',
  loader: ({ params }) => void queryClient.prefetchQuery(incidentQuery(params.ref)),
  component: lazyRouteComponent(() => import('@/features/incident/incident'), 'Incident'),
})

const history = createRoute({
  getParentRoute: () => shell,
  path: '/history',
  validateSearch: parseHistory,
  component: lazyRouteComponent(() => import('@/features/history/history'), 'History'),
})

const insight = createRoute({
  getParentRoute: () => shell,
  path: '/insight',
  validateSearch: parseInsight,
  component: lazyRouteComponent(() => import('@/features/insight/insight'), 'Insight'),
})

const wall = createRoute({
  getParentRoute: () => root,
  path: '/wall',
  component: lazyRouteComponent(() => import('@/features/wall/wall'), 'Wall'),
})

/** The router, over the browser's history where none is given. */
export const newRouter = (past?: RouterHistory) =>
  createRouter({
    routeTree: root.addChildren([shell.addChildren([dashboard, incident, history, insight]), wall]),
    ...(past === undefined ? { scrollRestoration: true } : { history: past }),
    defaultPreload: 'intent',
    defaultPendingComponent: Loading,
    defaultErrorComponent: ({ error, reset }) => <Failed error={error instanceof Error ? error : new Error(String(error))} retry={reset} />,
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>
  }
}
