import { Toast } from '@base-ui/react/toast'
import { useState, type ReactNode } from 'react'

import { useSettled } from '@/shared/lib/use-settled'

interface More {
  undo?: { does: string; run: () => void }
  /** What it says is so of these incidents, as long as somebody is paged of them. */
  open: string[]
  at: number
}

export const toasts = Toast.createToastManager<More>()

/** Milliseconds that short news stays, and stays at most: what is under the pointer waits, and a pointer may rest there. */
const short = 6_000
const longest = 30_000

/** Short news at the foot of the page; failures, and what "stays", until they are closed. `open`: incidents of which it is true while they are. */
export function say(title: string, kind: 'done' | 'failed' | 'stays' = 'done', undo?: More['undo'], open: string[] = []): void {
  const id = toasts.add({ title, type: kind, timeout: kind === 'done' ? short : 0, priority: kind === 'failed' ? 'high' : 'low', data: { open, at: Date.now(), ...(undo === undefined ? {} : { undo }) } })
  if (kind === 'done') setTimeout(() => toasts.close(id), longest)
}

/** What is said now, for whoever knows when it is not true any more. */
export const useToasts = () => Toast.useToastManager<More>()

// While something is open over the page they are to be read only, at the other end: no tap that was meant for it is theirs.
const aside = 'over:pointer-events-none over:top-2 over:bottom-auto over:left-2 over:z-60 over:ml-0 over:max-h-[14dvh] over:overflow-hidden'

/** `children` stay among them as long as they are given. */
export function Toasts({ children }: { children?: ReactNode }) {
  return (
    <Toast.Provider toastManager={toasts}>
      <Toast.Portal>
        <Toast.Viewport className={`fixed inset-x-4 bottom-4 z-50 mx-auto flex w-auto max-w-md flex-col gap-2 footed:bottom-24 lg:footed:bottom-4 ${aside}`}>
          {children}
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function List() {
  const { toasts: list, close } = useToasts()
  const [all, unfold] = useState(false)
  if (all && list.length < 2) unfold(false)
  // Of each kind the newest: more would lie over the page.
  return (['failed', 'stays', 'done'] as const).flatMap((kind) => {
    const of = list.filter((t) => t.type === kind)
    return (all ? of : of.slice(0, 1)).map((t) => <One key={t.id} toast={t} close={close} more={all ? 0 : of.length - 1} unfold={() => unfold(true)} />)
  })
}

function One({ toast: t, close, more, unfold }: { toast: ReturnType<typeof useToasts>['toasts'][number]; close: (id: string) => void; more: number; unfold: () => void }) {
  const settled = useSettled(t.id)
  return (
    <Toast.Root toast={t} {...settled} className={`flex items-center gap-3 rounded-md border bg-surface p-3 shadow-lg ${t.type === 'failed' ? 'border-error' : 'border-line'}`}>
      <Toast.Title className={`grow font-medium ${t.type === 'failed' ? 'text-error' : ''}`} />
      {more === 0 ? null : (
        <button type="button" className="min-h-9 rounded px-2 whitespace-nowrap text-muted underline" onClick={unfold}>
          and {more} more
        </button>
      )}
      {t.data?.undo === undefined ? null : (
        <button
          type="button"
          className="min-h-9 rounded px-2 font-medium underline"
          onClick={() => {
            close(t.id)
            t.data?.undo?.run()
          }}
        >
          {t.data.undo.does}
        </button>
      )}
      <Toast.Close className="min-h-9 rounded px-2 text-muted hover:text-text" aria-label="Close">
        ✕
      </Toast.Close>
    </Toast.Root>
  )
}
