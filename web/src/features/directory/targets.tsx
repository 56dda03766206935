import { useQuery } from '@tanstack/react-query'

import type { TargetBody } from '@/shared/api/client'
import { channelsQuery, teamsQuery, usersQuery } from '@/shared/api/directory'
import { Button } from '@/shared/ui/button'
import { Choice } from '@/shared/ui/field'

const text = (t: TargetBody) => (t.kind === 'admins' ? 'admins' : `${t.kind}:${t.id ?? t.name ?? ''}`)

function target(value: string): TargetBody {
  const [kind = 'admins', id] = value.split(/:(.*)/s)
  return id === undefined ? { kind: 'admins' } : { kind: kind as TargetBody['kind'], id }
}

/** Whom a level or the fallback means. `field` is the list's name in what the server says. */
export function Targets({ label, field, value, change }: { label: string; field: string; value: TargetBody[]; change: (v: TargetBody[]) => void }) {
  const options = useOptions()
  const put = (n: number, v: string) => change(v === '' ? value.filter((_, k) => k !== n) : n === value.length ? [...value, target(v)] : value.map((t, k) => (k === n ? target(v) : t)))
  return (
    <div className="flex flex-col gap-2">
      {value.map((t, n) => (
        <div key={text(t)} className="flex items-end gap-2">
          <Choice label={n === 0 ? label : `Also ${n}`} name={`${field}[${n}]`} className="grow" value={text(t)} options={options} onChange={(e) => put(n, e.target.value)} />
          <Button onClick={() => put(n, '')} aria-label={`Remove ${label} ${n + 1}`}>
            ✕
          </Button>
        </div>
      ))}
      <Choice
        label={value.length === 0 ? label : 'And'}
        none="choose…"
        value=""
        options={options.filter((o) => !value.some((t) => text(t) === o.value))}
        onChange={(e) => put(value.length, e.target.value)}
      />
    </div>
  )
}

function useOptions() {
  const { data: users } = useQuery(usersQuery)
  const { data: teams } = useQuery(teamsQuery)
  const { data: channels } = useQuery(channelsQuery)
  return [
    ...(users ?? []).map((u) => ({ value: `user:${u.id}`, text: `${u.name === '' ? u.email : u.name}${u.disabled ? ' (disabled)' : ''}` })),
    ...(teams ?? []).map((t) => ({ value: `team:${t.id}`, text: `Team ${t.name}` })),
    ...(channels ?? []).map((c) => ({ value: `channel:${c.id}`, text: `Channel ${c.name}` })),
    { value: 'admins', text: 'All admins' },
  ]
}
