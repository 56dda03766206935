import { At } from '@/shared/ui/age'
import { Button } from '@/shared/ui/button'
import type { Difference } from './use-draft'

interface Props {
  theirs: { by: string | undefined; at: string | undefined; changes: Difference[] } | undefined
  take: () => void
}

/** What somebody else changed while this was being edited. It stands by the button: nothing moves under what is being typed. */
export function Meanwhile({ theirs, take }: Props) {
  if (theirs === undefined) return null
  return (
    <div role="status" className="rounded-md border border-warning p-3">
      <p className="font-semibold">
        <bdi>{theirs.by ?? 'Somebody'}</bdi> changed this{theirs.at === undefined ? '' : <> at <At time={theirs.at} /></>} while you were editing it. What you typed is kept.
      </p>
      <ul className="list-inside list-disc">
        {theirs.changes.map((c) => (
          <li key={c.field}>
            {c.field.replaceAll('_', ' ')}: <bdi className="line-through">{words(c.was)}</bdi> → <bdi>{words(c.is)}</bdi>
          </li>
        ))}
      </ul>
      <Button className="mt-2" onClick={take}>
        Drop mine, take theirs
      </Button>
    </div>
  )
}

/** A value of the API as people read it. */
function words(v: unknown): string {
  if (v === undefined || v === null || v === '') return 'none'
  if (typeof v === 'boolean') return v ? 'yes' : 'no'
  if (Array.isArray(v)) return v.length === 0 ? 'none' : v.map(words).join(', ')
  if (typeof v !== 'object') return String(v as string | number)
  const said = Object.entries(v).filter(([k, x]) => k !== 'id' && x !== undefined)
  return said.length === 0 ? 'none' : said.map(([k, x]) => `${k.replaceAll('_', ' ')} ${words(x)}`).join(' · ')
}
