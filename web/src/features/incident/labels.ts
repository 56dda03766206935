/** What is left of an alert's labels without those that all of them share. */
export function own(labels: Record<string, string>, shared: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([k]) => !(k in shared)))
}

/** A link that can be followed: http and https only. Everything else is text. */
export function safeLink(url: string | undefined): string | undefined {
  if (url === undefined || url === '') return undefined
  try {
    return ['http:', 'https:'].includes(new URL(url).protocol) ? url : undefined
  } catch {
    return undefined
  }
}
