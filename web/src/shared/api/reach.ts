let reached = true
const listeners = new Set<() => void>()

/** Whether the server answered when something was asked of it last: a device can have a network, and no way to it. */
export const reach = {
  is: (): boolean => reached,
  subscribe: (l: () => void): (() => void) => {
    listeners.add(l)
    return () => void listeners.delete(l)
  },
  heard: (answered: boolean): void => {
    if (answered === reached) return
    reached = answered
    for (const l of listeners) l()
  },
}
