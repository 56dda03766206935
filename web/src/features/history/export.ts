import type { IncidentBody } from '@/shared/api/client'
import { csvOf } from '@/shared/lib/table'

const columns = ['number', 'id', 'severity', 'status', 'service', 'environment', 'title', 'opened_at', 'acknowledged_at', 'resolved_at', 'assignee', 'alerts_count', 'runbook_url'] as const

export const csv = (list: IncidentBody[]): string => csvOf(columns, list.map((i) => columns.map((c) => i[c])))
