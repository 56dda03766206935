import { useMutation, type MutateOptions, type UseMutationOptions } from '@tanstack/react-query'
import { useCallback, useRef } from 'react'

/**
 * A mutation that sends once: what is on its way is not sent again, however often it is pressed. A button says so only
 * after it was drawn anew, and the second half of a double click may be faster. `mutate` ends when that has been said.
 */
export function useSend<Data, Said = void, Before = unknown>(options: UseMutationOptions<Data, Error, Said, Before>) {
  const under = useRef(new Map<string, Promise<void>>())
  const { mutateAsync, ...state } = useMutation(options)
  const mutate = useCallback(
    (said: Said, then?: MutateOptions<Data, Error, Said, Before>): Promise<void> => {
      const what = JSON.stringify(said) ?? ''
      const sent = under.current.get(what)
      if (sent !== undefined) return sent
      const ends = mutateAsync(said, then).then(
        () => void under.current.delete(what),
        () => void under.current.delete(what), // it is in `error`
      )
      under.current.set(what, ends)
      return ends
    },
    [mutateAsync],
  )
  return { ...state, mutate }
}
