import type { ForecastAnswer } from '@/shared/api/client'
import { after, shapeOf } from './shape'

/** Who is woken over time: a line for each person, a band for each level. The list beside it says the same. */
export function Picture({ forecast }: { forecast: ForecastAnswer }) {
  const s = shapeOf(forecast)
  const x = (seconds: number) => `${Math.min(100, (seconds / s.end) * 100)}%`
  return (
    <div aria-hidden="true" className="mt-3 grid grid-cols-[5.5rem_1fr] overflow-hidden text-xs">
      <div className="text-muted">Level</div>
      <div className="relative h-5">
        {s.levels.map((l, n) => (
          // The last has the longest word, and may have less room than that.
          <span
            key={l.at + l.text}
            className="absolute overflow-hidden pl-1 text-clip whitespace-nowrap text-muted"
            style={s.levels[n + 1] === undefined ? { right: 0, minWidth: x(s.end - l.at) } : { left: x(l.at), width: x((s.levels[n + 1]?.at ?? s.end) - l.at) }}
          >
            {l.text}
          </span>
        ))}
      </div>
      {s.rows.map((r) => (
        <div key={r.key} className="contents">
          <bdi className="truncate border-t border-line py-1 pr-2 leading-5">{r.name}</bdi>
          <div className="relative border-t border-line">
            {s.levels.map((l, n) => (
              <span
                key={l.at + l.text}
                className={`absolute inset-y-0 border-l border-line ${n % 2 === 0 ? 'bg-surface' : ''}`}
                style={{ left: x(l.at), width: x((s.levels[n + 1]?.at ?? s.end) - l.at) }}
              />
            ))}
            {r.calls.map((c, n) => (
              <span
                key={n}
                title={`${after(c.after_seconds)}: ${c.by}`}
                className={`absolute top-1/2 size-3 -translate-y-1/2 ${c.after_seconds > s.end ? '-translate-x-3' : ''} rounded-full border-2 border-text ${c.page && !c.waits_for_hours ? 'bg-text' : 'bg-ground'}`}
                style={{ left: x(c.after_seconds) }}
              />
            ))}
          </div>
        </div>
      ))}
      <div className="border-t border-line" />
      <div className="relative h-5 border-t border-line">
        {s.ticks.map((t) => (
          <span key={t} className="absolute whitespace-nowrap text-muted" style={{ left: x(t) }}>
            {t === 0 ? '0' : after(t).slice(1)}
          </span>
        ))}
      </div>
    </div>
  )
}
