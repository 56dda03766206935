import { useBlocker } from '@tanstack/react-router'

import { Button } from './button'
import { Dialog } from './dialog'

/** Asks before what was typed is left behind, for another page or with the window. */
export function Leaving({ typed }: { typed: () => boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname && typed(),
    enableBeforeUnload: typed,
    withResolver: true,
  })
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
