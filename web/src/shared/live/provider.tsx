import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react'

import { Stream, type Heard, type Live } from './stream'

const Context = createContext<Stream | undefined>(undefined)

/** Hears what changes on the server, for the whole page. */
export function LiveProvider({ heard, children }: { heard: Heard; children: ReactNode }) {
  const [stream] = useState(() => new Stream(heard))
  useEffect(() => {
    stream.start()
    return () => stream.stop()
  }, [stream])
  return <Context value={stream}>{children}</Context>
}

const noSubscription = () => () => undefined

/** Whether changes are heard. */
export function useLive(): Live {
  const stream = use(Context)
  return useSyncExternalStore(stream?.subscribe ?? noSubscription, stream?.snapshot ?? (() => connecting))
}

const connecting: Live = { state: 'connecting' }
