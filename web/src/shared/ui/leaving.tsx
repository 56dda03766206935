import { useBlocker } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

import { keepTyped } from '@/shared/api/sign-in'
import { Button } from './button'
import { Dialog } from './dialog'

/** Asks before what was typed is left behind, for another page or with the window; the end of a session does not take it. */
export function Leaving({ typed }: { typed: () => boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname && typed(),
    enableBeforeUnload: typed,
    withResolver: true,
  })
  const now = useRef(typed)
  useEffect(() => void (now.current = typed))
  useEffect(() => keepTyped(() => now.current()), [])
  return (
    <Dialog title="Leave without saving?" open={status === 'blocked'} close={() => reset?.()}>
      <p>What you typed here is not saved.</p>
      <div className="mt-4 flex gap-2">
        <Button look="primary" onClick={reset}>
          Stay here
        </Button>
        <Button onClick={proceed}>Leave</Button>
      </div>
    </Dialog>
  )
}
