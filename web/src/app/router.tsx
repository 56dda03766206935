import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, type RouterHistory } from '@tanstack/react-router'

import { parseSearch } from '@/features/dashboard/search'
import { parseHistory } from '@/features/history/search'
import { parseInsight } from '@/features/insight/search'
import { unresolvedQuery } from '@/features/incident/board'
import { incidentQuery } from '@/features/incident/queries'
import { sessionQuery } from '@/shared/api/session'
import { Failed, Loading } from '@/shared/ui/states'
import { queryClient } from './query'
import { SetUp } from './set-up'
import { Nowhere } from './nowhere'
import { Shell } from './shell'

// internal/adapters/webui/webui.go has the same paths: a test compares them.
const root = createRootRoute({
  component: Outlet,
  loader: () => void queryClient.prefetchQuery(sessionQuery),
  notFoundComponent: () => (
    <Shell>
      <Nowhere />
    </Shell>
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

const start = createRoute({
  getParentRoute: () => shell,
  path: '/start',
  component: lazyRouteComponent(() => import('@/features/start/start'), 'Start'),
})

const services = createRoute({
  getParentRoute: () => shell,
  path: '/services',
  component: lazyRouteComponent(() => import('@/features/services/services'), 'Services'),
})

const service = createRoute({
  getParentRoute: () => shell,
  path: '/services/$id',
  component: lazyRouteComponent(() => import('@/features/services/service'), 'Service'),
})

const setUp = createRoute({ getParentRoute: () => shell, id: 'set-up', component: SetUp })

const people = createRoute({
  getParentRoute: () => setUp,
  path: '/people',
  component: lazyRouteComponent(() => import('@/features/people/people'), 'People'),
})

const person = createRoute({
  getParentRoute: () => setUp,
  path: '/people/$id',
  component: lazyRouteComponent(() => import('@/features/people/person'), 'Person'),
})

const teams = createRoute({
  getParentRoute: () => setUp,
  path: '/teams',
  component: lazyRouteComponent(() => import('@/features/teams/teams'), 'Teams'),
})

const team = createRoute({
  getParentRoute: () => setUp,
  path: '/teams/$id',
  component: lazyRouteComponent(() => import('@/features/teams/teams'), 'Team'),
})

const policies = createRoute({
  getParentRoute: () => setUp,
  path: '/policies',
  component: lazyRouteComponent(() => import('@/features/policies/policies'), 'Policies'),
})

const policy = createRoute({
  getParentRoute: () => setUp,
  path: '/policies/$id',
  component: lazyRouteComponent(() => import('@/features/policies/policy'), 'Policy'),
})

const integrations = createRoute({
  getParentRoute: () => setUp,
  path: '/integrations',
  component: lazyRouteComponent(() => import('@/features/integrations/integrations'), 'Integrations'),
})

const integration = createRoute({
  getParentRoute: () => setUp,
  path: '/integrations/$id',
  component: lazyRouteComponent(() => import('@/features/integrations/integration'), 'Integration'),
})

const quarantine = createRoute({
  getParentRoute: () => setUp,
  path: '/quarantine',
  component: lazyRouteComponent(() => import('@/features/quarantine/quarantine'), 'Quarantine'),
})

const channels = createRoute({
  getParentRoute: () => setUp,
  path: '/channels',
  component: lazyRouteComponent(() => import('@/features/channels/channels'), 'Channels'),
})

const channel = createRoute({
  getParentRoute: () => setUp,
  path: '/channels/$id',
  component: lazyRouteComponent(() => import('@/features/channels/channels'), 'Channel'),
})

const tokens = createRoute({
  getParentRoute: () => setUp,
  path: '/tokens',
  component: lazyRouteComponent(() => import('@/features/tokens/tokens'), 'Tokens'),
})

const settings = createRoute({
  getParentRoute: () => setUp,
  path: '/settings',
  component: lazyRouteComponent(() => import('@/features/settings/settings'), 'Settings'),
})

const wall = createRoute({
  getParentRoute: () => root,
  path: '/wall',
  component: lazyRouteComponent(() => import('@/features/wall/wall'), 'Wall'),
})

/** The router, over the browser's history where none is given. */
export const newRouter = (past?: RouterHistory) =>
  createRouter({
    routeTree: root.addChildren([
      shell.addChildren([
        dashboard,
        incident,
        history,
        insight,
        start,
        services,
        service,
        setUp.addChildren([people, person, teams, team, policies, policy, integrations, integration, quarantine, channels, channel, tokens, settings]),
      ]),
      wall,
    ]),
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
