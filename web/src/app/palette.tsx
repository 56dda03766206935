import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId, useState, type KeyboardEvent } from 'react'

import { unresolvedQuery } from '@/features/incident/board'
import type { IncidentBody } from '@/shared/api/client'
import { servicesQuery, teamsQuery, usersQuery } from '@/shared/api/directory'
import { sessionQuery } from '@/shared/api/session'
import { hotkeys } from '@/shared/lib/hotkeys'
import { matching } from '@/shared/lib/matching'
import { useStored } from '@/shared/lib/stored'
import { Dialog } from '@/shared/ui/dialog'
import { places, setUp } from './places'
import { chooseTheme, themes, themeWords } from './theme'

interface Command {
  name: string
  run: () => void
}

/** Goes to whatever is named, and does what has no button here. */
export function Palette({ open, close, help }: { open: boolean; close: () => void; help: () => void }) {
  return (
    <Dialog title="Go to, or do" open={open} close={close}>
      {open ? <Search close={close} help={help} /> : null}
    </Dialog>
  )
}

function useCommands(help: () => void): Command[] {
  const navigate = useNavigate()
  const [sound, ring] = useStored('sound', false)
  const { data: me } = useQuery(sessionQuery)
  const mine = me?.user === undefined ? [] : [{ name: 'How you are reached: contacts and rules', run: () => void navigate({ to: '/people/$id', params: { id: me.user ?? '' } }) }]
  return [
    ...hotkeys().flatMap((h) => (h.command === true ? { name: `${h.does} (${h.keys})`, run: h.run } : [])),
    ...[...places, ...setUp.flatMap((g) => g.places)].map((p) => ({ name: `Go to ${p.name}`, run: () => void navigate({ to: p.to }) })),
    ...mine,
    { name: `Sound for new critical incidents: ${sound ? 'off' : 'on'}`, run: () => ring(!sound) },
    ...themes.map((t) => ({ name: `Colours: ${themeWords[t]}`, run: () => chooseTheme(t) })),
    { name: 'Keys', run: help },
    { name: 'Sign out', run: () => document.querySelector<HTMLFormElement>('#sign-out')?.requestSubmit() },
  ]
}

function useIncidents(): Command[] {
  const navigate = useNavigate()
  const { data: incidents } = useQuery(unresolvedQuery)
  const incident = (i: IncidentBody): Command => ({ name: `#${i.number} ${i.service} ${i.environment}: ${i.title}`, run: () => void navigate({ to: '/i/$ref', params: { ref: String(i.number) } }) })
  return (incidents ?? []).map(incident)
}

/** Services, people and teams lead to their pages. */
function useOwned(): Command[] {
  const navigate = useNavigate()
  const { data: services = [] } = useQuery(servicesQuery)
  const { data: users = [] } = useQuery(usersQuery)
  const { data: teams = [] } = useQuery(teamsQuery)
  return [
    ...services.map((s) => ({ name: `Service ${s.name}`, run: () => void navigate({ to: '/services/$id', params: { id: s.id } }) })),
    ...users.map((u) => ({ name: `${u.name} (${u.email})`, run: () => void navigate({ to: '/people/$id', params: { id: u.id } }) })),
    ...teams.map((t) => ({ name: `Team ${t.name}`, run: () => void navigate({ to: '/teams/$id', params: { id: t.id } }) })),
  ]
}

const most = 12

function Search({ close, help }: { close: () => void; help: () => void }) {
  const navigate = useNavigate()
  const [words, type] = useState('')
  const [at, move] = useState(0)
  const id = useId()
  const owned = useOwned()
  const found = [
    ...matching(useCommands(help), words, (c) => c.name),
    ...(words.trim() === '' ? [] : matching(owned, words, (c) => c.name).slice(0, most)),
    ...matching(useIncidents(), words, (c) => c.name).slice(0, most),
  ]
  const number = /^#?(\d+)$/.exec(words.trim())?.[1]
  if (number !== undefined && !found.some((f) => f.name.startsWith(`#${number} `))) {
    found.push({ name: `Open incident #${number}`, run: () => void navigate({ to: '/i/$ref', params: { ref: number } }) })
  }
  if (words.trim() !== '') found.push({ name: `Search past incidents for “${words.trim()}”`, run: () => void navigate({ to: '/history', search: { q: words.trim() } }) })
  const run = (c: Command | undefined) => {
    if (c === undefined) return
    close()
    c.run()
  }
  const keys = (e: KeyboardEvent) => {
    if (e.key === 'Enter') run(found[at])
    else if (e.key === 'ArrowDown') move((at + 1) % found.length)
    else if (e.key === 'ArrowUp') move((at + found.length - 1) % found.length)
    else return
    e.preventDefault()
  }
  return (
    <>
      <input
        autoFocus // whoever types at once loses no key
        role="combobox"
        aria-label="Command, incident or page"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={`${id}-${at}`}
        autoComplete="off"
        value={words}
        onChange={(e) => {
          type(e.target.value)
          move(0)
        }}
        onKeyDown={keys}
        placeholder="A page, an incident, a service, somebody…"
        className="min-h-12 w-full rounded-md border border-line bg-surface px-3"
      />
      <ul role="listbox" id={id} aria-label="What fits" className="mt-2">
        {found.map((c, n) => (
          <li
            key={c.name}
            id={`${id}-${n}`}
            role="option"
            aria-selected={n === at}
            ref={n === at ? (li) => li?.scrollIntoView?.({ block: 'nearest' }) : undefined}
            onClick={() => run(c)}
            onPointerMove={() => move(n)}
            className={`flex min-h-12 cursor-default items-center truncate rounded px-3 lg:min-h-9 ${n === at ? 'bg-action text-white' : ''}`}
          >
            <bdi className="truncate">{c.name}</bdi>
          </li>
        ))}
      </ul>
    </>
  )
}
