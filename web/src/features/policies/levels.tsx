import { Targets } from '@/features/directory/targets'
import { Button } from '@/shared/ui/button'
import { Field } from '@/shared/ui/field'
import { moved, newLevel, type Draft, type Level } from './draft'

/** The fields of a policy. */
export function PolicyFields({ draft: d, change }: { draft: Draft; change: (d: Draft) => void }) {
  const put = (n: number, l: Partial<Level>) => change({ ...d, levels: d.levels.map((old, k) => (k === n ? { ...old, ...l } : old)) })
  return (
    <>
      <Field label="Name" name="name" value={d.name} maxLength={250} onChange={(e) => change({ ...d, name: e.target.value })} />
      {d.levels.map((l, n) => (
        <fieldset key={l.key} className="rounded-md border border-line p-3">
          <legend className="px-1 font-medium">Level {n + 1}</legend>
          <Targets label="Whom" field={`levels[${n}].targets`} value={l.targets} change={(targets) => put(n, { targets })} />
          <div className="mt-3 grid grid-cols-2 gap-3">
            <Field label="Time to answer" name={`levels[${n}].ack_timeout`} hint="like 15m; then the next level" value={l.timeout} onChange={(e) => put(n, { timeout: e.target.value })} />
            <Field label="At low urgency" name={`levels[${n}].ack_timeout_low`} hint="empty: the same" value={l.low} onChange={(e) => put(n, { low: e.target.value })} />
          </div>
          <div className="mt-2 flex gap-2">
            <Button why={n === 0 ? 'It is the first' : undefined} onClick={() => change({ ...d, levels: moved(d.levels, n, -1) })} aria-label={`Level ${n + 1}: earlier`}>
              ↑
            </Button>
            <Button why={n === d.levels.length - 1 ? 'It is the last' : undefined} onClick={() => change({ ...d, levels: moved(d.levels, n, 1) })} aria-label={`Level ${n + 1}: later`}>
              ↓
            </Button>
            <Button
              why={d.levels.length === 1 ? 'A policy needs a level' : undefined}
              onClick={() => change({ ...d, levels: d.levels.filter((_, k) => k !== n) })}
              aria-label={`Remove level ${n + 1}`}
            >
              Remove
            </Button>
          </div>
        </fieldset>
      ))}
      <div>
        <Button why={d.levels.length >= 20 ? '20 levels are the most' : undefined} onClick={() => change({ ...d, levels: [...d.levels, newLevel()] })}>
          Another level
        </Button>
      </div>
      <Field
        label="Begin again so many times"
        name="repeat"
        type="number"
        min={0}
        max={9}
        hint="Then the fallback is told, and reminded until somebody answers"
        value={String(d.repeat)}
        onChange={(e) => change({ ...d, repeat: Number(e.target.value) })}
        className="max-w-56"
      />
    </>
  )
}
