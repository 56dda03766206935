import type { RulesOfService } from '@/shared/api/client'
import { written } from '@/shared/lib/time'
import { Check, Choice, Field } from '@/shared/ui/field'

type Timed = Exclude<keyof RulesOfService, 'new_kind' | 'keep_open'>

// The defaults are the server's: docs/guide says them, too.
const durations: { name: Timed; label: string; normal: string }[] = [
  { name: 'hold_high', label: 'Wait before the first page: critical, error', normal: '0s' },
  { name: 'hold_warning', label: 'Wait before the first page: warning', normal: '2m' },
  { name: 'reopen_window', label: 'Fires again within: it is the same incident', normal: '15m' },
  { name: 'grace', label: 'Resolved while alerts fire: they come back after', normal: '30m' },
  { name: 'ack_remind', label: 'Remind who acknowledged after', normal: '1h' },
  { name: 'ack_expire', label: 'An acknowledgement ends after', normal: '4h' },
  { name: 'ack_remind_low', label: 'Low urgency: remind every', normal: '24h' },
  { name: 'repage_gap', label: 'Between two rounds, at least', normal: '10m' },
  { name: 'stable', label: 'Flapping ends when calm for', normal: '30m' },
  { name: 'flap_window', label: 'Four changes within: flapping', normal: '30m' },
  { name: 'remind_every', label: 'Nobody answered: remind the fallback every', normal: '30m' },
  { name: 'retry_every', label: 'Nobody was reached: try again every', normal: '5m' },
]

/** The durations and choices of a service; what is empty is the default. */
export function Rules({ rules: r, change }: { rules: RulesOfService; change: (r: RulesOfService) => void }) {
  const own = durations.filter((d) => r[d.name] !== undefined).length
  return (
    <details open={own > 0} className="rounded-md border border-line p-3">
      <summary className="cursor-pointer font-medium">Timing{own > 0 ? ` (${own} of its own)` : ''}</summary>
      <div className="mt-3 grid gap-3 sm:grid-cols-2">
        {durations.map((d) => (
          <Field
            key={d.name}
            label={d.label}
            name={`rules.${d.name}`}
            placeholder={d.normal}
            value={r[d.name] === undefined ? '' : written(r[d.name] ?? '')}
            onChange={(e) => change({ ...r, [d.name]: e.target.value === '' ? undefined : e.target.value })}
          />
        ))}
      </div>
      <Choice
        className="mt-3"
        label="A new kind of alert in an acknowledged incident"
        name="rules.new_kind"
        none="tells the assignee (default)"
        value={r.new_kind ?? ''}
        options={[
          { value: 'page', text: 'pages the assignee' },
          { value: 'quiet', text: 'only stands in the timeline' },
        ]}
        onChange={(e) => change({ ...r, new_kind: e.target.value as NonNullable<RulesOfService['new_kind']> })}
      />
      <Check label="Only people resolve its incidents" checked={r.keep_open ?? false} onChange={(e) => change({ ...r, keep_open: e.target.checked })} />
    </details>
  )
}
