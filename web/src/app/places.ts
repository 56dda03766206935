/** Where one can go, and from which width on the bar has room for it. What is for later gets its line here when it has its page. */
export const places = [
  { to: '/', name: 'Incidents', keys: 'g d', from: 'flex' },
  { to: '/history', name: 'History', keys: 'g h', from: 'hidden sm:flex' },
  { to: '/insight', name: 'Insight', keys: 'g i', from: 'hidden md:flex' },
  { to: '/services', name: 'Services', keys: 'g s', from: 'hidden md:flex' },
  { to: '/wall', name: 'Wall', keys: 'g w', from: 'hidden lg:flex' },
] as const

interface Group {
  about: string
  places: readonly { to: SetUpPath; name: string }[]
}

type SetUpPath = '/people' | '/teams' | '/policies' | '/integrations' | '/quarantine' | '/channels' | '/tokens' | '/settings' | '/start'

/** What is set up now and then, by what it is about. On-call schedules belong to who is called, the audit to the server. */
export const setUp: readonly Group[] = [
  {
    about: 'Who is called',
    places: [
      { to: '/people', name: 'People' },
      { to: '/teams', name: 'Teams' },
      { to: '/policies', name: 'Escalation policies' },
    ],
  },
  {
    about: 'What comes in',
    places: [
      { to: '/integrations', name: 'Integrations' },
      { to: '/quarantine', name: 'Quarantine' },
    ],
  },
  { about: 'What goes out', places: [{ to: '/channels', name: 'Channels' }] },
  {
    about: 'This server',
    places: [
      { to: '/tokens', name: 'API tokens' },
      { to: '/settings', name: 'Settings' },
      { to: '/start', name: 'First steps' },
    ],
  },
]
