/** What the API says when it refuses: RFC 9457, with a permanent code. */
export class Problem extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.code = code
  }
}

/** Makes a Problem of whatever came in place of an answer; status 0 is no answer at all. */
export function problemOf(cause: unknown, response: Response | undefined): Problem {
  if (cause instanceof Problem) return cause
  const said = typeof cause === 'object' && cause !== null ? (cause as Record<string, unknown>) : {}
  const text = (key: string) => (typeof said[key] === 'string' ? said[key] : undefined)
  if (!response) return new Problem(0, 'network', 'The server cannot be reached. What you see may be old.')
  return new Problem(
    response.status,
    text('code') ?? 'unknown',
    text('detail') ?? text('title') ?? `The server answered ${response.status} without saying why.`,
  )
}
