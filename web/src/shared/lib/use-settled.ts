import { useLayoutEffect, useRef, type MouseEvent, type PointerEvent } from 'react'

/** Milliseconds in which a finger is still on its way to what stood there before. */
const settles = 700

/** For what has come up, or got another `meaning`, under a finger: taps are not taken for a moment. Keys and mice aim. */
export function useSettled(meaning: unknown) {
  const since = useRef(0)
  const finger = useRef(false)
  useLayoutEffect(() => {
    since.current = Date.now()
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
