import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId, useState, type FormEvent } from 'react'

import { pageNow, type IncidentBody } from '@/shared/api/client'
import { cannotBePaged, servicesQuery, usersQuery } from '@/shared/api/directory'
import { unreached } from '@/shared/api/problem'
import { useSend } from '@/shared/lib/use-send'
import { Button, SendButton } from '@/shared/ui/button'
import { Area, Choice, Field, tooLong } from '@/shared/ui/field'
import { SignInAgain } from '@/shared/ui/sign-in-again'
import { PickMany } from '@/shared/ui/pick-many'
import { say } from '@/shared/ui/toast'
import type { Refuse } from './act'
import { Answers, Missing, useRefused } from './answer'
import { lookAgain } from './board'
import { priorities } from './can'
import { usePeople, whomOf } from './whom'

interface Wish {
  title: string
  text: string
  to: string[]
  severity: string
  service: string
  priority: IncidentBody['priority']
}

/** Pages people or teams now, by an incident that no alert has opened; then shows it. */
function usePageNow(close: () => void, refuse: Refuse) {
  // Whatever is sent by this dialog is one page: also where the answer to the first attempt was lost.
  const [key] = useState(() => `${Date.now()}.${Math.random()}`)
  const queries = useQueryClient()
  const navigate = useNavigate()
  return useSend({
    mutationFn: async ({ to, text, service, priority, ...same }: Wish) => {
      const said = { ...(text === '' ? {} : { text }), ...(service === '' ? {} : { service }), ...(priority === '' ? {} : { priority }) }
      return (await pageNow({ headers: { 'Idempotency-Key': key }, body: { ...same, ...said, to: to.map(whomOf) } })).data
    },
    onSuccess: async (i, { to }) => {
      const left = (queries.getQueryData(usersQuery.queryKey) ?? []).filter((u) => cannotBePaged(u) && to.includes(`user ${u.id}`)).map((u) => u.name)
      if (i.changed) say(`Paged: #${i.number}${left.length === 0 ? '' : `. NOT paged, as they cannot be reached: ${left.join(', ')}`}`, left.length === 0 ? 'done' : 'stays')
      else say(`#${i.number} was opened by what you sent first: what you changed since is NOT in it`, 'failed')
      close()
      await lookAgain(queries, [i.id])
      await navigate({ to: '/i/$ref', params: { ref: String(i.number) } })
    },
    onError: (e) => refuse(unreached(e) ? `It is not known whether anybody is paged: ${e.message} Try again.` : `NOT paged: ${e.message} Nobody is told.`),
  })
}

const most = 20
const mostTitle = 200 // characters, as the server counts them
const mostText = 2000

export function PageNow({ close }: { close: () => void }) {
  const { refused, refuse } = useRefused()
  const page = usePageNow(close, refuse)
  const people = usePeople()
  const { data: services } = useQuery(servicesQuery)
  const known = useId()
  const [w, set] = useState<Wish>({ title: '', text: '', to: [], severity: 'critical', service: '', priority: '' })
  const is = (change: Partial<Wish>) => set({ ...w, ...change })
  const why = w.title.trim() === '' ? 'Say first what is wrong' : w.to.length === 0 ? 'Choose first whom to page' : w.to.length > most ? `At most ${most} people and teams` : (tooLong(w.title, mostTitle) ?? tooLong(w.text, mostText))
  const submit = (e: FormEvent) => {
    e.preventDefault()
    if (why === undefined) page.mutate(w)
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label="What is wrong" value={w.title} most={mostTitle} onChange={(e) => is({ title: e.target.value })} />
      <PickMany label="Whom" options={people} chosen={w.to} choose={(to) => is({ to })} placeholder="a name, a team" none="Nobody can be paged yet" />
      <div className="grid grid-cols-2 gap-2 sm:grid-cols-3">
        <Choice
          label="Severity"
          value={w.severity}
          onChange={(e) => is({ severity: e.target.value })}
          options={['critical', 'error', 'warning'].map((s) => ({ value: s, text: s }))}
        />
        <Choice label="Priority" none="none" value={w.priority} onChange={(e) => is({ priority: e.target.value as Wish['priority'] })} options={priorities.map((s) => ({ value: s, text: s }))} />
        <Field label="Service (optional)" value={w.service} list={known} maxLength={200} onChange={(e) => is({ service: e.target.value })} className="col-span-2 min-w-0 sm:col-span-1" />
        <datalist id={known}>
          {(services ?? []).slice(0, 200).map((s) => (
            <option key={s.id} value={s.name} />
          ))}
        </datalist>
      </div>
      <Area label="More (optional)" value={w.text} most={mostText} onChange={(e) => is({ text: e.target.value })} />
      <p className="text-muted">They are paged at once. If nobody answers, {w.service === '' ? 'the default policy' : 'the policy of the service'} goes on.</p>
      <SignInAgain after={page.error} />
      <Answers stay refused={page.isPending ? undefined : refused}>
        <Missing why={why} />
        <Button onClick={close}>Cancel</Button>
        <SendButton type="submit" look="primary" sending={page.isPending} why={why} onClick={submit}>
          Page now
        </SendButton>
      </Answers>
    </form>
  )
}
