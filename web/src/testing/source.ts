/** An EventSource whose other end is the test's. */
export class FakeSource extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 2
  static readonly all: FakeSource[] = []

  readyState = FakeSource.OPEN
  onerror: (() => void) | null = null

  constructor() {
    super()
    FakeSource.all.push(this)
  }

  /** The newest one. */
  static get last(): FakeSource {
    const s = FakeSource.all.at(-1)
    if (s === undefined) throw new Error('nobody listens')
    return s
  }

  tell(name: string, data: unknown = {}): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }))
  }

  /** The connection breaks; closed: for good. */
  fail(closed = false): void {
    this.readyState = closed ? FakeSource.CLOSED : FakeSource.CONNECTING
    this.onerror?.()
  }

  close(): void {
    this.readyState = FakeSource.CLOSED
  }
}
