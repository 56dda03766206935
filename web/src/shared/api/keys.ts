/** The names under which answers are kept: what a change makes old is found by them. */
export const keys = {
  session: ['session'] as const,
  unresolved: ['unresolved'] as const,
  storm: ['storm'] as const,
  history: ['history'] as const,
  insight: ['insight'] as const,
  incident: (id: string) => ['incident', id] as const,
  owned: ['directory'] as const,
  directory: (kind: string) => ['directory', kind] as const,
  quarantine: ['quarantine'] as const,
  linked: ['linked'] as const,
  usage: ['usage'] as const,
  tokens: ['tokens'] as const,
  health: ['health'] as const,
  paging: ['paging'] as const,
}
