import { Dialog as Base } from '@base-ui/react/dialog'
import { useRef, useState, type ReactNode } from 'react'

import { useSettled } from '@/shared/lib/use-settled'
import { Button } from './button'

interface Props {
  title: string
  open: boolean
  close: () => void
  /** What somebody chose or typed in it is not thrown away by Escape or a tap beside it: it asks before. */
  asks?: boolean
  children: ReactNode
}

/** A question or a list over the page. On a phone it rises from the foot, where the thumb is. */
export function Dialog({ title, open, close, asks = false, children }: Props) {
  const body = useRef<HTMLDivElement>(null)
  const typed = useRef(false)
  const [leaving, leave] = useState(false)
  const settled = useSettled(open)
  return (
    <Base.Root open={open} onOpenChange={(is) => (is ? undefined : asks && typed.current ? leave(true) : close())}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/50" />
        <Base.Popup
          data-over=""
          {...settled}
          initialFocus={() => body.current?.querySelector<HTMLElement>('input, textarea, select, button') ?? true}
          className="fixed inset-x-0 bottom-0 z-50 max-h-[85dvh] overflow-y-auto rounded-t-xl border border-line bg-ground p-4 shadow-xl sm:inset-x-4 sm:top-[12vh] sm:bottom-auto sm:mx-auto sm:max-w-lg sm:rounded-xl"
        >
          <div className="mb-3 flex items-start gap-2">
            <Base.Title className="grow text-lg font-semibold">{title}</Base.Title>
            <Base.Close className="min-h-9 min-w-9 rounded text-muted hover:text-text" aria-label="Close">
              ✕
            </Base.Close>
          </div>
          <div ref={body} onChange={() => (typed.current = true)}>
            {children}
          </div>
          {asks ? (
            <Dialog title="Throw away what you typed?" open={leaving} close={() => leave(false)}>
              <p>It is not sent.</p>
              <div className="mt-4 flex gap-2">
                <Button look="primary" onClick={() => leave(false)}>
                  Go on writing
                </Button>
                <Button onClick={close}>Throw it away</Button>
              </div>
            </Dialog>
          ) : null}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
