import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import type { HistoryFilters } from '@/features/history/search'
import { csvOf, save, type Cell } from '@/shared/lib/table'
import { Button } from '@/shared/ui/button'

/** A column: its name where it is exported, its title where it is seen. */
export interface Column<R> {
  name: string
  title: string
  value: (r: R) => Cell
  show?: (r: R) => ReactNode
}

interface PictureProps<R> {
  title: string
  /** What to read out of it, in a sentence. */
  says?: ReactNode
  file: string
  columns: readonly Column<R>[]
  rows: readonly R[]
  /** What is seen of it; without, the table is. */
  children?: ReactNode
}

/** A picture with its table and its export. */
export function Picture<R>({ title, says, file, columns, rows, children }: PictureProps<R>) {
  const cells = () => rows.map((r) => columns.map((c) => c.value(r)))
  const names = columns.map((c) => c.name)
  const table = <Table title={title} columns={columns} rows={rows} />
  return (
    <section aria-label={title} className="my-8">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="grow font-semibold">{title}</h2>
        {rows.length === 0 ? null : (
          <>
            <Button look="quiet" aria-label={`${title}: save as CSV`} onClick={() => save(`${file}.csv`, 'text/csv', csvOf(names, cells()))}>
              CSV
            </Button>
            <Button
              look="quiet"
              aria-label={`${title}: save as JSON`}
              onClick={() => save(`${file}.json`, 'application/json', JSON.stringify(cells().map((r) => Object.fromEntries(r.map((v, i) => [names[i], v]))), null, 2))}
            >
              JSON
            </Button>
          </>
        )}
      </div>
      {says === undefined ? null : <p className="mb-2 max-w-prose text-muted">{says}</p>}
      {rows.length === 0 ? (
        <p className="text-muted">None.</p>
      ) : children === undefined ? (
        table
      ) : (
        <>
          {children}
          <details className="mt-2">
            <summary className="inline-flex min-h-12 cursor-pointer items-center text-muted lg:min-h-8">As a table</summary>
            {table}
          </details>
        </>
      )}
    </section>
  )
}

/** A table that is moved sideways within itself where there is no room. */
function Table<R>({ title, columns, rows }: { title: string; columns: readonly Column<R>[]; rows: readonly R[] }) {
  return (
    <div className="relative overflow-x-auto" role="group" tabIndex={0} aria-label={`${title}, as a table`}>
      <table className="w-full border-collapse text-left">
        <thead>
          <tr className="border-b border-line text-muted">
            {columns.map((c) => (
              <th key={c.name} scope="col" className="px-2 py-1 font-normal whitespace-nowrap first:pl-0">
                {c.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((r, n) => (
            <tr key={n} className="border-b border-line">
              {columns.map((c) => (
                <td key={c.name} className="px-2 py-1 align-baseline first:pl-0">
                  {c.show === undefined ? c.value(r) : c.show(r)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** A number that leads to its incidents; none does not. */
export function Count({ n, to, of = 'incidents', className = '' }: { n: number; to: HistoryFilters; of?: string; className?: string }) {
  if (n === 0) return <span className="text-muted">0</span>
  return (
    <Link to="/history" search={to} className={`underline decoration-line underline-offset-4 hover:decoration-current ${className}`} aria-label={`${n} ${of}`}>
      {n}
    </Link>
  )
}
