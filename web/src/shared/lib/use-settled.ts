import { useLayoutEffect, useRef, type MouseEvent, type PointerEvent } from 'react'

/** Milliseconds in which a finger is still on its way to what stood there before. */
const settles = 700

/** For what got another `meaning` under a finger, or `comesUp` there: taps are not taken for a moment. Keys and mice aim. */
export function useSettled(meaning: unknown, comesUp = true) {
  const since = useRef(0)
  const first = useRef(!comesUp)
  const finger = useRef(false)
  useLayoutEffect(() => {
    if (!first.current) since.current = Date.now()
    first.current = false
  }, [meaning])
  return {
    onPointerDownCapture: (e: PointerEvent) => {
      finger.current = e.pointerType === 'touch'
    },
    onClickCapture: (e: MouseEvent) => {
      if (!finger.current || Date.now() - since.current >= settles) return
      e.preventDefault()
      e.stopPropagation()
    },
  }
}
