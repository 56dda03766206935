import { parseSearch, type Filters } from '@/features/dashboard/search'

/** The filters of the history: those of the dashboard, and whether what is not over yet is seen too. */
export interface HistoryFilters extends Filters {
  status?: 'all'
}

export function parseHistory(search: Record<string, unknown>): HistoryFilters {
  return { ...parseSearch(search), ...(search['status'] === 'all' ? { status: 'all' as const } : {}) }
}
