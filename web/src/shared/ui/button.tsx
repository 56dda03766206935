import { onlineManager } from '@tanstack/react-query'
import { useSyncExternalStore, type ComponentProps } from 'react'

import { reach } from '@/shared/api/reach'
import { say } from './toast'

type Look = 'primary' | 'plain' | 'quiet'

const looks: Record<Look, string> = {
  primary: 'bg-action text-white hover:brightness-110',
  plain: 'border border-line bg-surface text-text hover:bg-ground',
  quiet: 'text-muted hover:text-text',
}

type Props = ComponentProps<'button'> & { look?: Look | undefined; why?: string | undefined }

/** A button; one that cannot be used says why (`why`), also to whom presses it, and is still found by the keyboard. */
export function Button({ look = 'plain', why, className = '', onClick, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={why === undefined ? undefined : true}
      title={why ?? rest.title}
      onClick={why === undefined ? onClick : (e) => (e.preventDefault(), say(`${why}.`))}
      className={`inline-flex min-h-12 items-center justify-center gap-2 rounded-md px-4 font-medium whitespace-nowrap aria-disabled:cursor-not-allowed aria-disabled:line-through aria-disabled:decoration-1 lg:min-h-8 lg:px-3 ${looks[look]} ${className}`}
    />
  )
}

/**
 * A button that sends something: it says so while it does, and that it waits where there is no connection. `kept`: what it
 * sends waits for the server, too; the rest fails where only that cannot be reached. `short`: for a narrow one.
 */
export function SendButton({ sending, kept = false, short = false, children, 'aria-label': label, ...rest }: Props & { sending: boolean; kept?: boolean; short?: boolean }) {
  const network = useNetwork()
  const reached = useOnline()
  const online = kept ? reached : network
  if (sending) {
    return (
      <Button {...rest} disabled>
        {online ? 'Sending…' : short ? 'Waits…' : 'Waits for a connection…'}
      </Button>
    )
  }
  if (online) {
    return (
      <Button {...rest} aria-label={label}>
        {children}
      </Button>
    )
  }
  return (
    <Button {...rest} title="Send when online" aria-label={label === undefined ? undefined : `${label}: send when online`}>
      {children}
      {short ? null : ': send when online'}
    </Button>
  )
}

/** Whether this device says that it has a network. */
const useNetwork = (): boolean =>
  useSyncExternalStore(
    (l) => onlineManager.subscribe(l),
    () => onlineManager.isOnline(),
  )

/** Whether there is a connection: this device has a network, and the server has answered. */
export function useOnline(): boolean {
  const network = useNetwork()
  return useSyncExternalStore(reach.subscribe, reach.is) && network
}
