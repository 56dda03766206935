import { useQuery } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import { Fragment, useEffect, useId, useRef, useState, type ReactNode } from 'react'

import { priorities } from '@/features/incident/can'
import { servicesQuery, teamsQuery, usersQuery } from '@/shared/api/directory'
import { useHotkeys } from '@/shared/lib/hotkeys'
import { Button } from '@/shared/ui/button'
import { Choice, Field } from '@/shared/ui/field'
import { filtersSet, nonsense, type Filters } from './search'

interface Props {
  filters: Filters
  /** Those of them that somebody chose, where some stand there by themselves. */
  chosen?: Filters
  /** `again`: it goes on with what was changed last, and takes its place in the browser's history. */
  change: (change: Filters, again?: boolean) => void
  environments: string[]
  /** Only what a page of figures can be filtered by. */
  figures?: boolean
  children?: ReactNode // at the end of the line
}

/** The filters, kept in the URL: what is seen can be sent to somebody. Where they would break into lines they are folded: how high this is must be known before it is drawn (web/first.html). */
export function FilterBar({ filters: f, chosen = f, change, environments, figures = false, children }: Props) {
  const [open, unfold] = useState(false)
  const text = useRef<HTMLInputElement>(null)
  const { data: services } = useQuery(servicesQuery)
  const { data: teams } = useQuery(teamsQuery)
  const { data: users } = useQuery(usersQuery)
  useHotkeys([{ keys: '/', does: 'Search', run: () => text.current?.focus() }])
  const set = filtersSet({ ...chosen, q: '' })
  return (
    <search className="my-3 flex flex-wrap items-end gap-2">
      {figures ? null : <Text label="Search" value={f.q ?? ''} onChange={(q, again) => change({ q }, again)} box={text} className="grow sm:max-w-72 xl:w-40" placeholder="number, title, label" />}
      <Button className="xl:hidden" aria-expanded={open} onClick={() => unfold(!open)}>
        Filters{set > 0 ? ` (${set})` : ''}
      </Button>
      <div className={`${open ? 'grid grid-cols-2 gap-2 sm:grid-cols-4' : 'hidden'} w-full xl:flex xl:w-auto xl:flex-wrap xl:items-end xl:gap-2`}>
        <Choice
          label="Severity"
          className="xl:w-24"
          none="all"
          value={f.severity ?? ''}
          onChange={(e) => change({ severity: e.target.value })}
          options={['critical', 'error', 'warning', 'info'].map((s) => ({ value: s, text: s }))}
        />
        {figures ? null : (
          <Choice className="xl:w-14" label="Priority" none="all" value={f.priority ?? ''} onChange={(e) => change({ priority: e.target.value })} options={priorities.map((s) => ({ value: s, text: s }))} />
        )}
        <Text label="Service" value={f.service ?? ''} onChange={(service, again) => change({ service }, again)} known={(services ?? []).map((s) => s.name)} className="xl:w-24" />
        <Text label="Environment" value={f.environment ?? ''} onChange={(environment, again) => change({ environment }, again)} known={environments} className="xl:w-24" />
        <Choice className="xl:w-24" label="Team" none="all" value={f.team ?? ''} onChange={(e) => change({ team: e.target.value })} options={withChosen((teams ?? []).map((t) => ({ value: t.name, text: t.name })), f.team, teams?.find((t) => t.id === f.team)?.name)} />
        {figures ? null : <Choice className="xl:w-24" label="Assignee" none="all" value={f.assignee ?? ''} onChange={(e) => change({ assignee: e.target.value })} options={withChosen((users ?? []).map((u) => ({ value: u.email, text: u.name })), f.assignee)} />}
        <Field label="From" type="date" value={f.since ?? ''} onChange={(e) => change({ since: e.target.value })} />
        <Field label="To" type="date" value={f.until ?? ''} onChange={(e) => change({ until: e.target.value })} />
      </div>
      {filtersSet(chosen) === 0 ? null : (
        <Button look="quiet" onClick={() => change({ severity: '', priority: '', service: '', environment: '', team: '', assignee: '', q: '', since: '', until: '' })}>
          Clear
        </Button>
      )}
      {children}
      <LeftOut />
    </search>
  )
}

/** What is filtered by is seen and can be taken out, also where there is no such one (any more). */
const withChosen = (options: { value: string; text: string }[], chosen = '', name = chosen) =>
  chosen === '' || options.some((o) => o.value === chosen) ? options : [...options, { value: chosen, text: name }]

/** What stands in the address and is no filter's value: it is said, as more is seen than somebody meant. */
function LeftOut() {
  const asked = useLocation({ select: (l) => l.search as Record<string, unknown> })
  const wrong = nonsense(asked)
  if (wrong.length === 0) return null
  return (
    <p role="status" className="w-full font-medium text-warning">
      Left out: {wrong.map((w, n) => (
        <Fragment key={w.name}>
          {n > 0 ? '; ' : ''}
          {w.name} “<bdi>{w.value}</bdi>”, which is not {w.not}
        </Fragment>
      ))}.
    </p>
  )
}

/** A text that is taken once one has stopped typing: `again` until the field is left. */
function Text({
  label,
  value,
  onChange,
  known,
  box,
  className,
  placeholder,
}: {
  label: string
  value: string
  onChange: (v: string, again: boolean) => void
  known?: string[]
  box?: React.RefObject<HTMLInputElement | null>
  className?: string
  placeholder?: string
}) {
  const list = useId()
  const [typed, type] = useState(value)
  const taken = useRef(false)
  useEffect(() => type(value), [value])
  useEffect(() => {
    if (typed === value) return
    const t = setTimeout(() => {
      onChange(typed, taken.current)
      taken.current = true
    }, 250)
    return () => clearTimeout(t)
  })
  return (
    <>
      <Field
        ref={box}
        label={label}
        type="search"
        value={typed}
        placeholder={placeholder}
        onChange={(e) => type(e.target.value)}
        onFocus={() => (taken.current = false)}
        className={className ?? ''}
        {...(known === undefined ? {} : { list })}
      />
      {known === undefined ? null : (
        <datalist id={list}>
          {known.slice(0, 200).map((k) => (
            <option key={k} value={k} />
          ))}
        </datalist>
      )}
    </>
  )
}
