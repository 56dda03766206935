import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'

import type { WhomBody } from '@/shared/api/client'
import { serverNow } from '@/shared/lib/now'
import { fieldOf, weekday } from '@/shared/lib/time'
import { Button, SendButton } from '@/shared/ui/button'
import { Dialog } from '@/shared/ui/dialog'
import { Choice, Field } from '@/shared/ui/field'
import { Answers, Missing, useAnswer, useNote, type Props, type What } from './answer'
import type { Question } from './ask'
import { Merge } from './merge'
import { PageNow } from './page-now'
import { Priority } from './priority'
import { alertsQuery } from './queries'
import { usePeople, whomOf } from './whom'

const titles: Record<Question['about'], string> = {
  resolve: 'Resolve',
  snooze: 'Snooze',
  'pass-on': 'Pass on',
  reassign: 'Reassign',
  'add-responder': 'Ask somebody to help',
  note: 'Write a note',
  merge: 'Merge',
  priority: 'Priority of',
  page: 'Page somebody now',
}

/** The dialogs. Each sends its answer, and closes when the server has it. */
export function Questions({ question, close }: Props) {
  const { incidents } = question
  const named = incidents.length === 0 ? '' : incidents.length === 1 ? ` #${incidents[0]?.number}` : ` ${incidents.length} incidents`
  return (
    <Dialog title={`${titles[question.about]}${named}`} open close={close} asks>
      <Body question={question} close={close} />
    </Dialog>
  )
}

function Body(p: Props) {
  switch (p.question.about) {
    case 'resolve':
      return <Resolve {...p} />
    case 'snooze':
      return <Snooze {...p} />
    case 'note':
      return <Note {...p} />
    case 'merge':
      return <Merge {...p} />
    case 'priority':
      return <Priority {...p} />
    case 'page':
      return <PageNow close={p.close} />
    case 'pass-on':
      return (
        <Whom {...p} none="Whoever is next" send={(to) => ({ do: 'pass-on', ...(to === undefined ? {} : { to }) })}>
          They are paged now, and it is not yours any more.
        </Whom>
      )
    case 'reassign':
      return (
        <Whom {...p} send={(to) => (to === undefined ? undefined : { do: 'reassign', to })}>
          They are paged first; if they do not answer, the policy goes on.
        </Whom>
      )
    case 'add-responder':
      return (
        <Whom {...p} send={(to) => (to === undefined ? undefined : { do: 'add-responder', to })}>
          They are paged additionally. It stays with whoever has it.
        </Whom>
      )
  }
}

function Resolve(p: Props) {
  const { sending, answer, refused } = useAnswer(p)
  const { note, why, field } = useNote()
  const only = p.question.incidents.length === 1 ? p.question.incidents[0] : undefined
  const { data } = useQuery({ ...alertsQuery(only?.id ?? ''), enabled: only !== undefined })
  const firing = data?.alerts.filter((a) => a.firing).length
  const text =
    only === undefined
      ? 'What still fires then pages again in 30 minutes.'
      : firing === undefined
        ? 'Looking whether alerts still fire…'
        : firing === 0
          ? 'No alert fires any more.'
          : `${firing} ${firing === 1 ? 'alert still fires' : 'alerts still fire'}.`
  return (
    <>
      <p className="mb-3">{text}</p>
      {field}
      <Answers refused={refused}>
        <Missing why={why} />
        {firing === 0 ? null : (
          <SendButton kept sending={sending} why={why} onClick={() => answer({ do: 'snooze', minutes: 60, note })}>
            Snooze 1 h
          </SendButton>
        )}
        <SendButton kept look="primary" sending={sending} why={why} onClick={() => answer({ do: 'resolve', note })}>
          {firing === 0 ? 'Resolve' : 'Resolve; page again in 30 min if still firing'}
        </SendButton>
      </Answers>
    </>
  )
}

/** Tomorrow at nine by this device's zone, or today where that is still to come. */
export function nineOClock(now: number): Date {
  const d = new Date(now)
  if (d.getHours() >= 9) d.setDate(d.getDate() + 1)
  d.setHours(9, 0, 0, 0)
  return d
}

function Snooze(p: Props) {
  const { sending, answer, refused } = useAnswer(p)
  const nine = nineOClock(serverNow())
  const [until, choose] = useState('')
  const at = Date.parse(until) // without a zone it is this device's
  const why = Number.isNaN(at) ? 'Choose a time first' : at <= serverNow() ? 'That is over already' : undefined
  const submit = (e: { preventDefault: () => void }) => {
    e.preventDefault()
    if (why === undefined) answer({ do: 'snooze', until: new Date(at).toISOString() })
  }
  const choices: { text: string; what: What }[] = [
    { text: '30 minutes', what: { do: 'snooze', minutes: 30 } },
    { text: '2 hours', what: { do: 'snooze', minutes: 120 } },
    { text: `until ${weekday(nine)} 09:00`, what: { do: 'snooze', until: nine.toISOString() } },
  ]
  return (
    <>
      <p>Acknowledged until then; after that paging begins again. Something worse ends it at once.</p>
      <Answers refused={refused}>
        {choices.map((c, n) => (
          <SendButton key={c.text} kept look={n === 0 ? 'primary' : 'plain'} sending={sending} onClick={() => answer(c.what)}>
            {c.text}
          </SendButton>
        ))}
      </Answers>
      <form onSubmit={submit} className="mt-3 flex flex-wrap items-end gap-2">
        <Field label="Or until" type="datetime-local" value={until} min={fieldOf(new Date(serverNow()))} onChange={(e) => choose(e.target.value)} className="grow" />
        <SendButton kept type="submit" sending={sending} why={why} onClick={submit}>
          Snooze until then
        </SendButton>
        {why === undefined ? null : <p className={`w-full ${until === '' ? 'text-muted' : 'text-error'}`}>{why}.</p>}
      </form>
    </>
  )
}

function Whom({ send, none, children, ...p }: Props & { send: (to: WhomBody | undefined) => What | undefined; none?: string; children: string }) {
  const { sending, answer, refused } = useAnswer(p)
  const options = usePeople()
  const [to, choose] = useState('')
  const { note, why: long, field } = useNote()
  const what = send(to === '' ? undefined : whomOf(to))
  const why = what === undefined ? 'Choose somebody first' : long
  const submit = (e: FormEvent) => {
    e.preventDefault()
    if (what !== undefined && why === undefined) answer({ ...what, note })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <p>{children}</p>
      <Choice label="Whom" none={none ?? 'Choose…'} options={options} value={to} onChange={(e) => choose(e.target.value)} />
      {field}
      <Answers refused={refused}>
        <Missing why={why} />
        <Button onClick={p.close}>Cancel</Button>
        <SendButton kept type="submit" look="primary" sending={sending} why={why} onClick={submit}>
          {titles[p.question.about]}
        </SendButton>
      </Answers>
    </form>
  )
}

function Note(p: Props) {
  const { sending, answer, refused } = useAnswer(p)
  const { note, why: long, field } = useNote('For the timeline')
  const why = note.trim() === '' ? 'Write something first' : long
  const submit = (e: FormEvent) => {
    e.preventDefault()
    if (why === undefined) answer({ do: 'note', note })
  }
  return (
    <form onSubmit={submit}>
      {field}
      <Answers refused={refused}>
        <Missing why={why} />
        <SendButton kept type="submit" look="primary" sending={sending} why={why} onClick={submit}>
          Add the note
        </SendButton>
      </Answers>
    </form>
  )
}
