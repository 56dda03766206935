import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { forecast, type CallBody, type ForecastAnswer, type ForecastBody } from '@/shared/api/client'
import { keys } from '@/shared/api/keys'
import { moment } from '@/shared/lib/time'
import { Choice, Field } from '@/shared/ui/field'
import { inWords } from '@/shared/ui/form'
import { Failed, Loading } from '@/shared/ui/states'
import { Picture } from './picture'
import { after } from './shape'

/** By whose levels: a saved policy, a draft of one, or whatever a service has. */
type Of = Pick<ForecastBody, 'service' | 'policy' | 'draft'>

/** "Who would be woken?", asked of the engine itself. */
export function Woken({ of }: { of: Of }) {
  const [severity, choose] = useState<ForecastBody['severity']>('critical')
  const [at, when] = useState('')
  const asked = useSettled({ ...of, severity, ...(at === '' || Number.isNaN(Date.parse(at)) ? {} : { at: new Date(at).toISOString() }) })
  const { data, error, refetch } = useQuery({
    queryKey: [...keys.owned, 'forecast', asked], // what people own decides it
    queryFn: async ({ signal }) => (await forecast({ body: asked, signal })).data,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })
  return (
    <section aria-label="Who would be woken?">
      <h2 className="mb-2 font-semibold">Who would be woken?</h2>
      <div className="grid gap-3 sm:grid-cols-2">
        <Choice
          label="By an alert that is"
          value={severity}
          options={[
            { value: 'critical', text: 'critical' },
            { value: 'error', text: 'an error' },
            { value: 'warning', text: 'a warning' },
            { value: 'info', text: 'info' },
          ]}
          onChange={(e) => choose(e.target.value as ForecastBody['severity'])}
        />
        <Field label="At (empty: now)" type="datetime-local" value={at} onChange={(e) => when(e.target.value)} />
      </div>
      {error !== null ? <Failed error={new Error(inWords(error))} retry={() => void refetch()} /> : data === undefined ? <Loading /> : <Said forecast={data} />}
    </section>
  )
}

/** What was said last, once nothing changes for a moment: not every key is a question. */
function useSettled<T>(value: T): T {
  const text = JSON.stringify(value)
  const [settled, set] = useState(text)
  useEffect(() => {
    const t = setTimeout(() => set(text), 300)
    return () => clearTimeout(t)
  }, [text])
  return JSON.parse(settled) as T
}

function Said({ forecast: f }: { forecast: ForecastAnswer }) {
  const calls = f.calls ?? []
  const ends = f.exhausted_after_seconds
  if (calls.length === 0) return <p className="mt-3 font-medium">{ends === null || ends === undefined ? 'Nobody: such alerts are recorded and page nobody.' : 'Nobody can be reached, not even the fallback.'}</p>
  return (
    <>
      <Picture forecast={f} />
      {(f.missed ?? []).map((m) => (
        <p key={m.what + m.after_seconds} className="mt-2 font-medium text-warning">
          {after(m.after_seconds)}: <bdi>{m.what}</bdi>
        </p>
      ))}
      <ol className="mt-3 lg:max-h-80 lg:overflow-y-auto" aria-label="Who would be woken, in order" tabIndex={0}>
        {calls.map((c, n) => (
          <li key={n} className="flex gap-3 border-t border-line py-1">
            <time dateTime={c.at} title={moment(c.at)} className="w-24 shrink-0 text-muted">
              {after(c.after_seconds)}
            </time>
            <Line call={c} />
          </li>
        ))}
      </ol>
      <p className="mt-2 text-muted">
        If nobody answers, and every provider takes its message.
        {ends === null || ends === undefined ? '' : ` The fallback is then reminded every ${after(f.remind_every_seconds).slice(1)}.`}
      </p>
    </>
  )
}

function Line({ call: c }: { call: CallBody }) {
  const why = c.level === 0 ? (c.page ? 'fallback' : 'is told') : `level ${c.level}${c.walk > 1 ? ', again' : ''}`
  return (
    <span className="min-w-0">
      <bdi className="font-medium">{c.name}</bdi> by {c.by}
      {c.contact === undefined || c.contact === c.by ? null : <bdi> ({c.contact})</bdi>} <span className="text-muted">{why}</span>
      {c.waits_for_hours ? <span className="text-muted"> · waits for their own hours</span> : null}
    </span>
  )
}
