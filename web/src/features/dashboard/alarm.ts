import { useEffect, useRef } from 'react'

import type { IncidentBody } from '@/shared/api/client'
import { useStored } from '@/shared/lib/stored'
import { useTitleBadge } from '@/shared/ui/title'

/** Says in the title how many wait, and rings for a new critical one where that is wanted. */
export function useAlarm(list: IncidentBody[] | undefined): void {
  const [sound] = useStored('sound', false)
  const open = list?.filter((i) => i.status === 'open')
  const known = useRef<Set<string> | undefined>(undefined)
  const critical = open?.filter((i) => i.severity === 'critical').map((i) => `${i.id} ${i.timeline?.length ?? 0}`)
  useEffect(() => {
    if (critical === undefined) return
    const fresh = known.current !== undefined && critical.some((c) => !known.current?.has(c))
    known.current = new Set(critical)
    if (fresh && sound) beep()
  }, [critical, sound])
  const waiting = open?.length ?? 0
  useTitleBadge(waiting === 0 ? '' : `(${waiting}${(critical?.length ?? 0) > 0 ? '!' : ''}) `)
}

/** Two tones. Made here: nothing is loaded. A browser that has not been clicked on yet stays silent. */
function beep(): void {
  const audio = new AudioContext()
  for (const [n, pitch] of [880, 660].entries()) {
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    volume.gain.value = 0.2
    tone.frequency.value = pitch
    tone.connect(volume).connect(audio.destination)
    tone.start(audio.currentTime + n * 0.25)
    tone.stop(audio.currentTime + n * 0.25 + 0.2)
  }
  setTimeout(() => void audio.close(), 1000)
}
