export type SeverityName = 'critical' | 'error' | 'warning' | 'info' | 'none'

const words: Record<SeverityName, string> = { critical: 'CRIT', error: 'ERR', warning: 'WARN', info: 'INFO', none: 'NONE' }
const colours: Record<SeverityName, string> = {
  critical: 'text-critical',
  error: 'text-error',
  warning: 'text-warning',
  info: 'text-info',
  none: 'text-info',
}

// Octagon, diamond, triangle, dot: told apart without colour.
const shapes: Record<SeverityName, string> = {
  critical: 'M5 1h6l4 4v6l-4 4H5l-4-4V5z',
  error: 'M8 0.8 15.2 8 8 15.2 0.8 8z',
  warning: 'M8 1.5 15.3 14.5H0.7z',
  info: 'M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  none: 'M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
}

/** Shape, word and colour of a severity. Solid where nobody has answered, outlined where somebody has. */
export function Severity({ severity, outline = false }: { severity: SeverityName; outline?: boolean }) {
  return (
    <span className={`inline-flex items-center gap-1.5 font-semibold whitespace-nowrap ${colours[severity]}`}>
      <svg viewBox="0 0 16 16" className="size-4 shrink-0" aria-hidden="true">
        <path d={shapes[severity]} fill={outline ? 'none' : 'currentColor'} stroke="currentColor" strokeWidth="1.6" />
      </svg>
      {words[severity]}
    </span>
  )
}
