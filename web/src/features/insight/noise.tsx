import type { NoiseBody } from '@/shared/api/client'
import { Severity, type SeverityName } from '@/shared/ui/severity'
import { incidents, type Asked } from './search'
import { Count, Picture, type Column } from './table'
import { advice, percent, took } from './words'

/** Which alerts come most often, and what to do about them. */
export function Noise({ list, of }: { list: NoiseBody[]; of: Asked }) {
  const to = (n: NoiseBody, more = {}) => incidents(of, { service: n.service, alert: n.alert, ...more })
  const columns: Column<NoiseBody>[] = [
    ...which(),
    { name: 'incidents', title: 'Incidents', value: (n) => n.incidents, show: (n) => <Count n={n.incidents} to={to(n)} of={`incidents: ${n.alert}`} /> },
    {
      name: 'healed_percent', title: 'Healed before anyone answered', value: (n) => (n.resolved === 0 ? null : Math.round((100 * n.healed) / n.resolved)),
      show: (n) => <><Count n={n.healed} to={to(n, { answered: 'no' })} of={`healed: ${n.alert}`} /> <span className="text-muted">{percent(n.healed, n.resolved)}</span></>,
    },
    { name: 'resolved_p50_seconds', title: 'Half over within', value: (n) => (n.to_resolve.of === 0 ? null : n.to_resolve.p50_seconds), show: (n) => took(n.to_resolve, 'p50_seconds') },
    { name: 'advice', title: 'What to do', value: advice, show: (n) => <span className="block min-w-48">{advice(n)}</span> },
  ]
  return <Picture title="Noisiest alerts" file="noisiest-alerts" columns={columns} rows={list} />
}

/** What nobody ever did anything about, though it pages. */
export function Unanswered({ list, of }: { list: NoiseBody[]; of: Asked }) {
  const columns: Column<NoiseBody>[] = [
    ...which(),
    {
      name: 'incidents', title: 'Incidents', value: (n) => n.incidents,
      show: (n) => <Count n={n.incidents} to={incidents(of, { service: n.service, alert: n.alert, answered: 'no' })} of={`never answered: ${n.alert}`} />,
    },
    { name: 'resolved_p50_seconds', title: 'Half over within', value: (n) => (n.to_resolve.of === 0 ? null : n.to_resolve.p50_seconds), show: (n) => took(n.to_resolve, 'p50_seconds') },
    { name: 'advice', title: 'What to do', value: advice, show: (n) => <span className="block min-w-48">{advice(n)}</span> },
  ]
  return <Picture title="Never answered" file="never-answered-alerts" columns={columns} rows={list} says="Alerts that page, came at least 3 times, and nobody ever acknowledged or resolved what they opened." />
}

const which = (): Column<NoiseBody>[] => [
  { name: 'alert', title: 'Alert', value: (n) => n.alert, show: (n) => <bdi className="block w-max max-w-56 font-medium">{n.alert}</bdi> },
  { name: 'service', title: 'Service', value: (n) => n.service, show: (n) => <bdi className="block w-max max-w-40">{n.service}</bdi> },
  { name: 'severity', title: 'Severity', value: (n) => n.severity, show: (n) => <Severity severity={n.severity as SeverityName} outline /> },
]
