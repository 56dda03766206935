let leaving = false

/**
 * Somebody must sign in: their session is over ("ended"), also while something that they told waits to be sent ("unsent"),
 * and they come back here; or they signed out.
 */
export function toSignIn(why: 'ended' | 'unsent' | 'signed-out'): void {
  if (location.pathname === '/sign-in' || (leaving && why !== 'unsent')) return
  leaving = true
  location.assign(why === 'signed-out' ? '/sign-in' : `/sign-in?why=${why}&next=${encodeURIComponent(location.pathname + location.search)}`)
}
