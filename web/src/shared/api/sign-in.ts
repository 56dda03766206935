import { showSession } from './gen/sdk.gen'

let leaving = false
let again: ReturnType<typeof setTimeout> | undefined

/**
 * Somebody must sign in: their session is over ("ended"), also while something that they told waits to be sent ("unsent"),
 * and they come back here; or they signed out. What is being typed in a dialog is not taken away by a session's end: it is
 * asked again whether somebody is signed in, as they may be by another tab, until the dialog is closed.
 */
export function toSignIn(why: 'ended' | 'unsent' | 'signed-out'): void {
  if (location.pathname === '/sign-in' || (leaving && why !== 'unsent')) return
  if (why === 'ended' && document.querySelector('[data-over] :is(input, textarea)') !== null) {
    clearTimeout(again)
    again = setTimeout(() => void showSession().catch(() => undefined), 2_000)
    return
  }
  leaving = true
  location.assign(why === 'signed-out' ? '/sign-in' : `/sign-in?why=${why}&next=${encodeURIComponent(location.pathname + location.search)}`)
}
