import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import type { IncidentBody } from '@/shared/api/client'
import { servicesQuery } from '@/shared/api/directory'
import { Severity } from '@/shared/ui/severity'
import { matrix } from './order'

const columns = ['critical', 'error', 'warning', 'info'] as const

/** Unhealthy services by severity, and how many are well: those without any incident, whatever the filters leave of all. */
export function Matrix({ list, all }: { list: IncidentBody[]; all: IncidentBody[] }) {
  const { data: services } = useQuery(servicesQuery)
  const rows = matrix(list)
  const well = (services ?? []).filter((s) => !all.some((i) => i.service === s.name))
  return (
    <section className="mt-8" aria-label="Services">
      {rows.length === 0 ? null : (
        <table className="w-full max-w-3xl table-fixed text-left">
          <caption className="mb-1 text-left text-sm font-semibold text-muted">Unhealthy services</caption>
          <thead>
            <tr className="border-b border-line text-muted">
              <th scope="col" className="py-1 font-medium">
                Service
              </th>
              {columns.map((c) => (
                <th key={c} scope="col" className="w-15 py-1 text-xs max-sm:*:gap-1 max-sm:[&_svg]:size-3 sm:w-24 sm:px-2 sm:text-base lg:text-sm">
                  <Severity severity={c} outline />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <tr key={r.service} className="border-b border-line">
                <th scope="row" className="font-normal">
                  <Link to="/" search={{ service: r.service }} className="inline-flex min-h-12 items-center hover:underline lg:min-h-8">
                    <bdi className="line-clamp-2 pr-1">{r.service}</bdi>
                  </Link>
                </th>
                {columns.map((c) => (
                  <td key={c} className="sm:px-2">
                    {r.counts[c] === undefined ? (
                      <span className="text-muted" aria-label="none">
                        –
                      </span>
                    ) : (
                      <Link to="/" search={{ service: r.service, severity: c }} className="inline-flex min-h-12 min-w-8 items-center font-semibold underline lg:min-h-8">
                        {r.counts[c]}
                      </Link>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {well.length === 0 ? null : (
        <details className="mt-2 text-muted">
          <summary className="min-h-9 cursor-pointer py-1">{well.length} healthy</summary>
          <p>{well.map((s) => s.name).join(', ')}</p>
        </details>
      )}
    </section>
  )
}
