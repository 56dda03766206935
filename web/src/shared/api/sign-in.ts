import { showSession } from './gen/sdk.gen'

/** Say whether something was typed on this page that is not saved. */
const typing = new Set<() => boolean>()

/** Keeps the page as long as something was `typed` in it; what it gives ends that. */
export function keepTyped(typed: () => boolean): () => void {
  typing.add(typed)
  return () => void typing.delete(typed)
}

let leaving = false
let again: ReturnType<typeof setTimeout> | undefined

/**
 * Somebody must sign in: their session is over ("ended"), also while something that they told waits to be sent ("unsent"),
 * and they come back here; or they signed out. What is being typed is not taken away by a session's end: it is asked again
 * whether somebody is signed in, as they may be by another tab, until nothing is being typed any more.
 */
export function toSignIn(why: 'ended' | 'unsent' | 'signed-out'): void {
  if (location.pathname === '/sign-in' || (leaving && why !== 'unsent')) return
  if (why === 'ended' && (document.querySelector('[data-over] :is(input, textarea)') !== null || [...typing].some((typed) => typed()))) {
    clearTimeout(again)
    again = setTimeout(() => void showSession().catch(() => undefined), 2_000)
    return
  }
  leaving = true
  location.assign(why === 'signed-out' ? '/sign-in' : `/sign-in?why=${why}&next=${encodeURIComponent(location.pathname + location.search)}`)
}
