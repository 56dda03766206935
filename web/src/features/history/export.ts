import type { IncidentBody } from '@/shared/api/client'

const columns = ['number', 'id', 'severity', 'status', 'service', 'environment', 'title', 'opened_at', 'acknowledged_at', 'resolved_at', 'assignee', 'alerts_count', 'runbook_url'] as const

/** A table as RFC 4180 has it. */
export function csv(list: IncidentBody[]): string {
  const rows = list.map((i) => columns.map((c) => cell(i[c])).join(','))
  return [columns.join(','), ...rows].join('\r\n') + '\r\n'
}

// What begins like a formula would be one to a spreadsheet: alert text comes from anywhere.
function cell(v: string | number | null | undefined): string {
  const text = v === null || v === undefined ? '' : String(v)
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** Hands a text to the browser to be saved. */
export function save(name: string, kind: string, text: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: kind }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
