/** Where one can go. What is for later gets its line here when it has its page. */
export const places = [
  { to: '/', name: 'Incidents', keys: 'g d' },
  { to: '/history', name: 'History', keys: 'g h' },
  { to: '/insight', name: 'Insight', keys: 'g i' },
  { to: '/wall', name: 'Wall', keys: 'g w' },
] as const
