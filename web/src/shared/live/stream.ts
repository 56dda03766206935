import { lastHeard, noteHeard } from './heard'

/** Whether changes are heard, and since when they are not; full: too many pages of this person hear them, and this one asks every 10 s. */
export type Live = { state: 'connecting' } | { state: 'live' } | { state: 'lost'; since: number } | { state: 'full' }

/** What is done with what is heard. */
export interface Heard {
  /** These incidents have changed; a storm is a few calls a second, not one for each change. */
  changed: (ids: string[]) => void
  /** What people own was changed. */
  owned: () => void
  /** Something was missed: everything may have changed. */
  missed: () => void
  /** Nothing is heard any more. */
  lost: () => void
}

/** The server says every 5 s that it is there. */
const silence = 12_000
const again = 2_000
const often = 10_000
const gather = 250

type Listener = () => void

const path = '/api/v1/stream'

// A browser does not say why a stream was refused.
async function isFull(): Promise<boolean> {
  const given = new AbortController()
  try {
    return (await fetch(path, { signal: given.signal })).status === 429
  } catch {
    return false
  } finally {
    given.abort()
  }
}

// One connection for the whole page. The browser connects again by itself, with the last event's id; what it gives
// up for good, and a connection that died without a word, are opened again by us.
export class Stream {
  #live: Live = { state: 'connecting' }
  #listeners = new Set<Listener>()
  #source: EventSource | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #watch: ReturnType<typeof setTimeout> | undefined
  #flush: ReturnType<typeof setTimeout> | undefined
  #flushed = 0
  #last = lastHeard() ?? Date.now()
  #pending = new Set<string>()
  readonly #heard: Heard
  readonly #open: () => EventSource
  readonly #full: () => Promise<boolean>

  constructor(heard: Heard, open = () => new EventSource(path), full = isFull) {
    this.#heard = heard
    this.#open = open
    this.#full = full
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  snapshot = (): Live => this.#live

  start(): void {
    addEventListener('offline', this.#offline)
    const source = this.#open()
    this.#source = source
    source.addEventListener('ready', () => this.#alive())
    source.addEventListener('here', () => this.#alive())
    source.addEventListener('incident', (e) => {
      this.#alive()
      this.#changed((JSON.parse((e as MessageEvent<string>).data) as { id: string }).id)
    })
    source.addEventListener('directory', () => {
      this.#alive()
      this.#heard.owned()
    })
    source.addEventListener('reset', () => {
      this.#alive()
      this.#heard.missed()
    })
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) void this.#refused(source)
      else this.#lost()
    }
    this.#expect()
  }

  stop(): void {
    removeEventListener('offline', this.#offline)
    this.#source?.close()
    this.#source = undefined
    clearTimeout(this.#retry)
    clearTimeout(this.#watch)
    clearTimeout(this.#flush)
    this.#flush = undefined
  }

  async #refused(source: EventSource): Promise<void> {
    const full = await this.#full()
    if (source !== this.#source) return
    if (!full) {
      this.#lost()
      return this.#again()
    }
    this.#last = Date.now()
    noteHeard(this.#last)
    this.#is({ state: 'full' })
    this.#heard.missed()
    clearTimeout(this.#watch)
    this.#again(often)
  }

  // The device knows it before the connection does.
  #offline = (): void => this.#lost()

  #alive(): void {
    this.#last = Date.now()
    noteHeard(this.#last)
    this.#expect()
    // A new connection of ours does not say what the old one heard last, and the first one not what was asked for
    // before it began.
    if (this.#live.state !== 'live') this.#heard.missed()
    this.#is({ state: 'live' })
  }

  #expect(): void {
    clearTimeout(this.#watch)
    this.#watch = setTimeout(() => {
      this.#lost()
      this.#again()
    }, silence)
  }

  #lost(): void {
    if (this.#live.state === 'lost') return
    this.#is({ state: 'lost', since: this.#last })
    this.#heard.lost()
  }

  #again(after = again): void {
    this.#source?.close()
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.start(), after)
  }

  #is(live: Live): void {
    if (live.state === this.#live.state) return
    this.#live = live
    for (const l of this.#listeners) l()
  }

  // The first change is told at once, those that follow together.
  #changed(id: string): void {
    this.#pending.add(id)
    this.#flush ??= setTimeout(
      () => {
        this.#flush = undefined
        this.#flushed = Date.now()
        const ids = [...this.#pending]
        this.#pending.clear()
        this.#heard.changed(ids)
      },
      Math.max(10, this.#flushed + gather - Date.now()),
    )
  }
}
