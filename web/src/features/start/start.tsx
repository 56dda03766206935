import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'

import { directoryCan } from '@/features/directory/can'
import { TestMessage } from '@/features/directory/test-message'
import { Woken } from '@/features/forecast/woken'
import { incidentQuery } from '@/features/incident/queries'
import { ThisDevice } from '@/features/people/this-device'
import { forecast } from '@/shared/api/client'
import { integrationsQuery, policiesQuery, usersQuery } from '@/shared/api/directory'
import { keys } from '@/shared/api/keys'
import { sessionQuery } from '@/shared/api/session'
import { Button } from '@/shared/ui/button'
import { Page } from '@/shared/ui/page'
import { Failed, Loading } from '@/shared/ui/states'
import { FirstAlert } from './first-alert'
import { PageMe } from './page-me'
import { Phone } from './phone'
import { current, done, steps, useKept, type Step } from './progress'

const titles: Record<Step, string> = {
  you: 'You', phone: 'Your phone', page: 'A page that finds you', alert: 'The first alert', next: 'Who is next if you sleep?',
}

/** From an empty server to a page on one's own phone: one step after the other, each ticked by what really happened. */
export function Start() {
  const [kept, keep] = useKept()
  // A step that gets done stays open: what came of it is to be read.
  const [at, go] = useState<Step | 'none' | undefined>()
  const { data: session, error, refetch } = useQuery(sessionQuery)
  const { data: users } = useQuery({ ...usersQuery, staleTime: 0 })
  const { data: integrations } = useQuery({ ...integrationsQuery, refetchInterval: (q) => (q.state.data?.some((i) => i.first_at !== null) === true ? false : 2000) })
  const { data: policies } = useQuery(policiesQuery)
  const { data: page } = useQuery({ ...incidentQuery(String(kept.page ?? 0)), enabled: kept.page !== undefined, refetchInterval: (q) => (q.state.data?.acknowledged_at === null ? 1000 : false) })
  const policy = policies?.find((p) => p.default) ?? policies?.[0]
  const { data: calls } = useQuery({
    queryKey: [...keys.owned, 'forecast', 'first-steps', policy?.id],
    queryFn: async ({ signal }) => (await forecast({ body: { policy: policy?.id ?? '', severity: 'critical' }, signal })).data.calls ?? [],
    enabled: policy !== undefined,
  })
  if (session === undefined) return error === null ? <Loading /> : <Failed error={error} retry={() => void refetch()} />
  const me = users?.find((u) => u.id === session.user)
  const why = directoryCan.edit(session)
  const is = done(kept, { me, page: kept.page === undefined ? undefined : (page ?? undefined), integrations: integrations ?? [], calls: calls ?? [] })
  const skipped = kept.skipped ?? []
  const known = users !== undefined && integrations !== undefined && (kept.page === undefined || page !== undefined) && calls !== undefined
  if (at === undefined && known) go(current(is, skipped) ?? 'none')
  const open = at === 'none' ? undefined : at
  const inside: Record<Step, ReactNode> = {
    you:
      me === undefined ? (
        <p>This token belongs to nobody: sign in as a person.</p>
      ) : (
        <>
          <p>
            <bdi className="font-medium">{me.name}</bdi>, {me.role}, in {me.time_zone || 'UTC'}. You are reached by:
          </p>
          <ul className="my-2 space-y-2">
            {(me.contacts ?? []).map((c) => (
              <li key={c.id} className="flex flex-wrap items-center gap-x-3">
                <span>
                  <bdi className="font-medium">{c.name}</bdi> <bdi className="text-muted">{c.to}</bdi> {c.verified ? null : <span className="text-warning">not verified yet</span>}
                </span>
                <TestMessage to={{ contact: c.id, unverified: !c.verified }} name={c.name} why={undefined} />
              </li>
            ))}
          </ul>
          <ThisDevice user={me} />
          <Link to="/people/$id" params={{ id: me.id }} className="mt-2 inline-block underline">
            Change your name, zone, contacts and rules
          </Link>
        </>
      ),
    phone: <Phone done={is.phone} />,
    page: me === undefined ? null : <PageMe me={me} incident={kept.page === undefined ? undefined : (page ?? undefined)} />,
    alert: integrations === undefined ? <Loading /> : <FirstAlert integrations={integrations} why={why} />,
    next: (
      <>
        <p className="mb-3">
          {is.next ? 'If you do not answer, somebody else is woken. ' : 'Nobody but you would be woken: if you sleep, nobody answers. '}
          <Link to="/people" className="underline">
            Add people
          </Link>
          {policy === undefined ? null : (
            <>
              {' and '}
              <Link to="/policies/$id" params={{ id: policy.id }} className="underline">
                say who comes when
              </Link>
            </>
          )}
          .
        </p>
        {policy === undefined ? null : <Woken of={{ policy: policy.id }} />}
      </>
    ),
  }
  const skip = (s: Step) => {
    const now = [...new Set([...skipped, s])]
    keep({ ...kept, skipped: now })
    go(current(is, now) ?? 'none')
  }
  return (
    <div className="mx-auto max-w-2xl">
      <Page title="First steps">
        <p className="mb-4 text-muted">To a page on your own phone in a few minutes. Leave whenever you like: what is done stays done.</p>
        <ol className="border-t border-line">
          {steps.map((s, n) => (
            <li key={s} className="border-b border-line py-3">
              <div className="flex items-center gap-3">
                <Tick n={n + 1} done={is[s]} />
                <h2 className="grow font-semibold">{titles[s]}</h2>
                {!is[s] && skipped.includes(s) && open !== s ? <span className="text-muted">skipped</span> : null}
                {open === s ? (
                  is[s] ? (
                    <Button onClick={() => go(current(is, skipped) ?? 'none')}>Next</Button>
                  ) : (
                    <Button onClick={() => skip(s)} aria-label={`Skip: ${titles[s]}`}>
                      Skip
                    </Button>
                  )
                ) : (
                  <Button onClick={() => go(s)} aria-label={`Open: ${titles[s]}`}>
                    Open
                  </Button>
                )}
              </div>
              {open === s ? <div className="mt-2 pl-9">{inside[s]}</div> : null}
            </li>
          ))}
        </ol>
        {steps.every((s) => is[s]) ? (
          <p role="status" className="my-4 font-medium text-good">
            All done. <Link to="/" className="text-text underline">To the incidents</Link>
          </p>
        ) : open === undefined ? (
          <p className="my-4">
            The rest waits here. <Link to="/" className="underline">To the incidents</Link>
          </p>
        ) : null}
      </Page>
    </div>
  )
}

function Tick({ n, done: is }: { n: number; done: boolean }) {
  return (
    <span className={`flex size-6 shrink-0 items-center justify-center rounded-full border text-sm ${is ? 'border-good text-good' : 'border-line text-muted'}`}>
      <span className="sr-only">{is ? 'Done: ' : 'Step '}</span>
      {is ? '✓' : n}
    </span>
  )
}
