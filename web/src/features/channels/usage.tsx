import { queryOptions, useQuery } from '@tanstack/react-query'

import { showUsage, type KindBody, type UsageLine } from '@/shared/api/client'
import { channelKindsQuery } from '@/shared/api/directory'
import { keys } from '@/shared/api/keys'
import { At } from '@/shared/ui/age'
import { lineLook, Lines, Part } from '@/shared/ui/page'

const usageQuery = queryOptions({
  queryKey: keys.usage,
  queryFn: async ({ signal }) => (await showUsage({ signal })).data,
  refetchInterval: 60_000,
})

const money = (amount: number, currency: string) => new Intl.NumberFormat('en', { style: 'currency', currency, maximumFractionDigits: 4 }).format(amount)

const sum = (lines: UsageLine[]) => lines.reduce((n, l) => n + l.messages, 0)

/** What they cost, in words; "" where no price is known. */
function cost(lines: UsageLine[]): string {
  const all = new Map<string, number>()
  for (const l of lines) if (l.cost !== null) all.set(l.currency, (all.get(l.currency) ?? 0) + l.cost)
  return [...all].map(([currency, amount]) => money(amount, currency)).join(' and ')
}

const messages = (n: number) => `${String(n)} ${n === 1 ? 'message' : 'messages'}`

/** Who sends by each kind that has several, how they do, and what went out today. */
export function Senders() {
  const { data: kinds } = useQuery(channelKindsQuery)
  const { data: usage } = useQuery(usageQuery)
  const used = usage?.used ?? []
  const shown = (kinds ?? []).filter((k) => k.sendable && ((k.providers ?? []).length > 0 || used.some((u) => u.kind === k.kind)))
  if (shown.length === 0) return null
  const paid = used.filter((u) => u.paid)
  return (
    <Part title="What sends">
      <Lines label="What sends">
        {shown.flatMap((k) => sendersOf(k, used).map((name) => <Sender key={`${k.kind} ${name}`} kind={k} name={name} used={used.filter((u) => u.kind === k.kind && u.provider === name)} />))}
      </Lines>
      {usage === undefined || usage.limits.server === 0 ? null : (
        <p className={sum(paid) >= usage.limits.server ? 'mt-2 font-medium text-error' : 'mt-2 text-muted'}>
          {sum(paid)} of {usage.limits.server} texts and calls of today are used.
        </p>
      )}
    </Part>
  )
}

/** The providers of a kind, and whoever else took something of it today. */
function sendersOf(k: KindBody, used: UsageLine[]): string[] {
  const names = new Set((k.providers ?? []).map((p) => p.name))
  for (const u of used) if (u.kind === k.kind) names.add(u.provider)
  return [...names]
}

function Sender({ kind, name, used }: { kind: KindBody; name: string; used: UsageLine[] }) {
  const p = kind.providers?.find((one) => one.name === name)
  const price = cost(used)
  return (
    <li className={lineLook}>
      <span className="font-medium">
        {kind.label}
        {name === '' ? null : (
          <>
            {' '}
            by <bdi>{name}</bdi>
          </>
        )}
      </span>
      {p === undefined ? null : p.failing ? (
        <span className="font-medium text-error">
          FAILS{p.since === null ? null : <> since <At time={p.since} /></>}, others are asked first: <bdi>{p.error}</bdi>
        </span>
      ) : (
        <span className="text-muted">
          well
          {p.error === '' ? null : (
            <>
              , its last error: <bdi>{p.error}</bdi>
            </>
          )}
        </span>
      )}
      <span className="ml-auto text-muted">
        {messages(sum(used))} today{price === '' ? '' : `, ${price}`}
      </span>
    </li>
  )
}

/** What somebody was sent today. */
export function SentToday({ user }: { user: string }) {
  const { data: kinds } = useQuery(channelKindsQuery)
  const { data: usage } = useQuery(usageQuery)
  if (usage === undefined) return null
  const mine = (usage.used ?? []).filter((u) => u.to === 'user' && u.recipient === user)
  const paid = sum(mine.filter((u) => u.paid))
  const limit = usage.limits.person
  const price = cost(mine)
  const by = [...new Set(mine.map((u) => u.kind))].map((k) => `${String(sum(mine.filter((u) => u.kind === k)))} by ${kinds?.find((one) => one.kind === k)?.label ?? k}`)
  return (
    <Part title="Messages today">
      <p className="text-muted">
        {by.length === 0 ? 'None.' : `${by.join(', ')}${price === '' ? '' : `, ${price}`}.`} The day is UTC&apos;s.
      </p>
      {limit === 0 ? null : (
        <p className={paid >= limit ? 'font-medium text-error' : 'text-muted'}>
          {paid} of {limit} texts and calls of today are used.{paid >= limit ? ' Only what is urgent goes by them.' : ''}
        </p>
      )}
    </Part>
  )
}
