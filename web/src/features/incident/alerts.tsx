import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import type { AlertBody } from '@/shared/api/client'
import { Age } from '@/shared/ui/age'
import { Button } from '@/shared/ui/button'
import { Labels } from '@/shared/ui/labels'
import { Long } from '@/shared/ui/long'
import { Severity, type SeverityName } from '@/shared/ui/severity'
import { Failed } from '@/shared/ui/states'
import { own, safeLink } from './labels'
import { alertsQuery } from './queries'

const few = 10

/** The alerts, firing first; what all of them have in common stands once. */
export function Alerts({ id }: { id: string }) {
  const [all, showAll] = useState(false)
  const { data, error, refetch } = useQuery(alertsQuery(id))
  if (error !== null && data === undefined) return <Failed error={error} retry={() => void refetch()} />
  if (data === undefined || data.alerts.length === 0) return null
  const list = data.alerts.toSorted((a, b) => Number(b.firing) - Number(a.firing) || a.name.localeCompare(b.name))
  const shared = list.length > 1 ? data.shared : {}
  return (
    <section className="mt-6" aria-label="Alerts">
      <h2 className="font-semibold">
        {list.filter((a) => a.firing).length} of {list.length} {list.length === 1 ? 'alert fires' : 'alerts fire'}
      </h2>
      <Labels labels={shared} />
      <ul className="mt-1 divide-y divide-line border-y border-line">
        {(all ? list : list.slice(0, few)).map((a) => (
          <Alert key={a.integration + a.fingerprint} alert={a} labels={own(a.labels, shared)} />
        ))}
      </ul>
      {list.length > few && !all ? (
        <Button look="quiet" className="mt-1" onClick={() => showAll(true)}>
          Show all {list.length}
        </Button>
      ) : null}
    </section>
  )
}

function Alert({ alert: a, labels }: { alert: AlertBody; labels: Record<string, string> }) {
  const source = safeLink(a.generator_url)
  const more = Object.entries(a.annotations).filter(([k, v]) => v !== a.title && k !== 'runbook_url')
  return (
    <li className="py-2">
      <p className="flex flex-wrap items-center gap-x-3">
        <Severity severity={a.severity as SeverityName} outline={!a.firing} />
        <span className="min-w-0 font-medium">
          <Long text={a.title === '' ? a.name : a.title} />
        </span>
        <span className="text-muted">
          {a.firing ? 'fires' : 'over'}
          {a.starts_at === null ? null : (
            <>
              , began <Age since={a.starts_at} /> ago
            </>
          )}
          {a.stale ? ', may be stale' : ''}
        </span>
        {source === undefined ? null : (
          <a href={source} target="_blank" rel="noreferrer noopener" className="underline">
            Source
          </a>
        )}
      </p>
      {more.map(([k, v]) => (
        <p key={k} className="text-muted">
          <Long text={v} />
        </p>
      ))}
      <Labels labels={labels} />
    </li>
  )
}
