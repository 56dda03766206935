/** What the API says when it refuses: RFC 9457, with a permanent code, and where several things are wrong each of them. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly errors: { field: string; message: string }[]

  constructor(status: number, code: string, detail: string, errors: Problem['errors'] = []) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.errors = errors
  }
}

/** Nothing of ours has answered: no server, or only what stands before it. */
export const unreached = (e: unknown): boolean => e instanceof Problem && (e.status === 0 || (e.status >= 502 && e.code === 'unknown'))

/** Makes a Problem of whatever came in place of an answer; status 0 is no answer at all. */
export function problemOf(cause: unknown, response: Response | undefined): Problem {
  if (cause instanceof Problem) return cause
  const said = typeof cause === 'object' && cause !== null ? (cause as Record<string, unknown>) : {}
  const text = (key: string) => (typeof said[key] === 'string' ? said[key] : undefined)
  // Also where an answer began well and broke off: what came of it is not known.
  if (!response || response.ok) return new Problem(0, 'network', 'The server cannot be reached. What you see may be old.')
  // The server speaks to programs, too.
  if (response.status === 401) return new Problem(401, text('code') ?? 'unknown', 'your session has ended, and what you typed is kept. Sign in again, then try once more.')
  const several = Array.isArray(said['errors']) ? (said['errors'] as Record<string, unknown>[]) : []
  return new Problem(
    response.status,
    text('code') ?? 'unknown',
    text('detail') ?? text('title') ?? `The server answered ${response.status} without saying why.`,
    several.map((e) => ({ field: String(e['field'] ?? '').replace(/^body\./, ''), message: String(e['message'] ?? '') })),
  )
}
