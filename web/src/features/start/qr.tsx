import { encode } from 'uqr'

/** A code that a phone's camera reads. Dark on light in both themes: not every camera reads the other way round. */
export function Qr({ text, label }: { text: string; label: string }) {
  const { size, data } = encode(text, { ecc: 'M', border: 2 })
  const path = data.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" className="size-56 bg-white">
      <path d={path} fill="#000" />
    </svg>
  )
}
