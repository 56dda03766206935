import { Dialog as Base } from '@base-ui/react/dialog'
import { useRef, type ReactNode } from 'react'

/** A question or a list over the page. On a phone it rises from the foot, where the thumb is. */
export function Dialog({ title, open, close, children }: { title: string; open: boolean; close: () => void; children: ReactNode }) {
  const body = useRef<HTMLDivElement>(null)
  return (
    <Base.Root open={open} onOpenChange={(is) => (is ? undefined : close())}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/50" />
        <Base.Popup
          data-over=""
          initialFocus={() => body.current?.querySelector<HTMLElement>('input, textarea, select, button') ?? true}
          className="fixed inset-x-0 bottom-0 z-50 max-h-[85dvh] overflow-y-auto rounded-t-xl border border-line bg-ground p-4 shadow-xl sm:inset-x-4 sm:top-[12vh] sm:bottom-auto sm:mx-auto sm:max-w-lg sm:rounded-xl"
        >
          <div className="mb-3 flex items-start gap-2">
            <Base.Title className="grow text-lg font-semibold">{title}</Base.Title>
            <Base.Close className="min-h-9 min-w-9 rounded text-muted hover:text-text" aria-label="Close">
              ✕
            </Base.Close>
          </div>
          <div ref={body}>{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
