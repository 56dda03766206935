import { useQuery } from '@tanstack/react-query'
import type { Why } from '@/features/directory/can'
import { TestMessage } from '@/features/directory/test-message'
import { Meanwhile } from '@/features/directory/meanwhile'
import { Trouble } from '@/features/directory/trouble'
import { useDraft } from '@/features/directory/use-draft'
import { useSaved } from '@/features/directory/use-saved'
import { editUser, type ContactBody, type UserBody } from '@/shared/api/client'
import { channelKindsQuery } from '@/shared/api/directory'
import { Button } from '@/shared/ui/button'
import { Choice, Field } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { draftOf, edited, newKey, type Contact, type Step } from './reach-draft'

/** Contacts, and the rules by which they are used. They are saved together: a rule without its contact is none. */
export function Reach({ user: u, why }: { user: UserBody; why: Why }) {
  const saved = useSaved()
  const { draft: d, edit, save, typed, ...meanwhile } = useDraft(u, draftOf, edited)
  return (
    <Form why={why} typed={typed} send={() => save((body, query) => editUser({ path: { name: u.id }, query, body }))} done={(now) => void saved(`Saved how ${now.name} is reached`)}>
      {d.contacts.length === 0 ? <p className="font-medium text-warning">Without a contact nobody can page them.</p> : null}
      {u.warning === undefined ? null : (
        <p role="note" className="font-medium text-warning">
          {u.warning}
        </p>
      )}
      {d.contacts.map((c, n) => (
        <ContactFields
          key={c.key}
          contact={c}
          saved={(u.contacts ?? []).find((x) => x.id === c.id)}
          at={n}
          change={(to) => edit({ contacts: d.contacts.map((x) => (x.key === c.key ? { ...x, ...to } : x)) })}
          remove={() => edit({ contacts: d.contacts.filter((x) => x.key !== c.key) })}
        />
      ))}
      <div>
        <Button onClick={() => edit({ contacts: [...d.contacts, { key: `new ${newKey()}`, name: '', kind: 'email', to: '' }] })}>Another contact</Button>
      </div>
      <Steps label="At high urgency (critical, error)" field="high" normal="The defaults: SMS at once, calls later; email at once beside them." steps={d.high} contacts={d.contacts} change={(high) => edit({ high })} />
      <Steps label="At low urgency (warning)" field="low" normal="The defaults: email from 08:00 to 20:00 of their own day." steps={d.low} contacts={d.contacts} change={(low) => edit({ low })} />
      <Meanwhile {...meanwhile} />
    </Form>
  )
}

function ContactFields({ contact: c, saved, at, change, remove }: { contact: Contact; saved: ContactBody | undefined; at: number; change: (c: Partial<Contact>) => void; remove: () => void }) {
  const { data: kinds } = useQuery(channelKindsQuery)
  const kind = kinds?.find((k) => k.kind === c.kind)
  const title = c.name === '' ? `Contact ${at + 1}` : c.name
  return (
    <fieldset className="rounded-md border border-line p-3">
      <legend className="px-1 font-medium">
        <bdi>{title}</bdi>
      </legend>
      <div className="grid gap-3 sm:grid-cols-[1fr_1fr_2fr]">
        <Field label="Name" name={`contacts[${at}].name`} value={c.name} maxLength={250} onChange={(e) => change({ name: e.target.value })} />
        <Choice
          label="Kind"
          name={`contacts[${at}].kind`}
          value={c.kind}
          options={(kinds ?? []).filter((k) => k.personal && (!k.device || k.kind === c.kind)).map((k) => ({ value: k.kind, text: k.label }))}
          onChange={(e) => change({ kind: e.target.value })}
        />
        <Field label={kind?.hint ?? 'Address'} name={`contacts[${at}].to`} hint={kind?.form || undefined} value={c.to} maxLength={2000} readOnly={kind?.device} onChange={(e) => change({ to: e.target.value })} />
      </div>
      <div className="mt-2 flex flex-wrap items-center gap-2">
        {kind?.sendable === false ? <span className="grow text-warning">This server cannot send by {kind.label}: it needs a setting at its start.</span> : null}
        {saved?.verified === false ? <span className="grow text-warning">Not verified: pages do not go there yet.</span> : null}
      </div>
      {saved?.trouble === undefined ? null : <Trouble contact={saved} />}
      <div className="mt-2 flex flex-wrap items-center gap-2">
        <Button onClick={remove} aria-label={`Remove ${title}`}>
          Remove
        </Button>
        <TestMessage
          to={{ contact: saved?.id ?? '', unverified: saved?.verified === false }}
          name={title}
          why={saved === undefined || saved.to !== c.to || saved.kind !== c.kind ? 'Save it first' : kind?.sendable === false ? `This server cannot send by ${kind.label}` : undefined}
        />
      </div>
    </fieldset>
  )
}

interface StepsProps {
  label: string
  field: 'high' | 'low'
  normal: string
  steps: Step[]
  contacts: Contact[]
  change: (s: Step[]) => void
}

function Steps({ label, field, normal, steps, contacts, change }: StepsProps) {
  const put = (key: number, to: Partial<Step>) => change(steps.map((s) => (s.key === key ? { ...s, ...to } : s)))
  const first = contacts[0]
  return (
    <fieldset className="rounded-md border border-line p-3">
      <legend className="px-1 font-medium">{label}</legend>
      {steps.length === 0 ? <p className="mb-2 text-muted">{normal}</p> : null}
      {steps.map((s, n) => (
        <div key={s.key} className="mb-2 grid grid-cols-[1fr_1fr_auto] items-start gap-2 sm:grid-cols-[5rem_1fr_8rem_auto]">
          <Field label="After" name={`${field}[${n}].after`} value={s.after} onChange={(e) => put(s.key, { after: e.target.value })} />
          <Choice
            label="By"
            className="order-first col-span-3 sm:order-none sm:col-span-1"
            name={`${field}[${n}].contact`}
            {...(contacts.some((c) => c.key === s.contact) ? {} : { none: 'choose…' })}
            value={contacts.some((c) => c.key === s.contact) ? s.contact : ''}
            options={contacts.map((c) => ({ value: c.key, text: c.name === '' ? '(no name yet)' : c.name }))}
            onChange={(e) => put(s.key, { contact: e.target.value })}
          />
          <Field label="Only within" name={`${field}[${n}].hours`} placeholder="always" value={s.hours} onChange={(e) => put(s.key, { hours: e.target.value })} />
          <Button className="mt-5 !px-3" onClick={() => change(steps.filter((x) => x.key !== s.key))} aria-label={`Remove step ${n + 1} ${label.toLowerCase()}`}>
            ✕
          </Button>
        </div>
      ))}
      <Button
        why={first === undefined ? 'Add a contact first' : undefined}
        onClick={() => change([...steps, { key: newKey(), after: steps.length === 0 ? '0s' : '5m', contact: first?.key ?? '', hours: '' }])}
      >
        {steps.length === 0 ? 'Rules of their own' : 'Another step'}
      </Button>
    </fieldset>
  )
}
