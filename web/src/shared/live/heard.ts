// When the server was heard last, also before this page was loaded: what is seen is as old as that.
let at: number | undefined

export function noteHeard(when: number): void {
  at = when
}

/** In milliseconds, by this device's clock; undefined where it never was. */
export const lastHeard = (): number | undefined => at
