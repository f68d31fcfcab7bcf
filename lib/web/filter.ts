/** The filter of the job list, in the address bar and in the search field. Pure. */
import { urlWithQuery } from './url.ts'
import type { Filter } from './api-types.ts'

export const FILTERS = ['state', 'queue', 'tag', 'q', 'error'] as const
export type FilterName = (typeof FILTERS)[number]

export function filterFromQuery(query: URLSearchParams): Filter {
  return Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = query.get(name)
      return value ? [[name, value]] : []
    }),
  )
}

const QUALIFIER = /(?:^|\s)(state|queue|tag):(?:"([^"]*)"|(\S+))(?=\s|$)/g

/**
 * Parses the search field: `queue:mail tag:nightly backup` filters by queue and tag and searches for `backup`. Several
 * states add up; of the other qualifiers the last one counts.
 */
export function parseSearch(text: string): { readonly found: Filter; readonly rest: string } {
  const found: Record<string, string> = {}
  const rest = text.replaceAll(QUALIFIER, (_all, name: string, quotedValue?: string, plain?: string) => {
    const value = quotedValue ?? plain ?? ''
    found[name] = name === 'state' && found.state ? `${found.state},${value}` : value
    return ' '
  })
  return { found, rest: rest.replaceAll(/\s+/g, ' ').trim() }
}

/** The address of the filtered list, with parameters in a fixed order, so that one view has one address. */
export const jobsUrl = (filter: Filter, more: { readonly sort?: string; readonly cursor?: string } = {}): string =>
  urlWithQuery('/jobs', {
    ...Object.fromEntries(FILTERS.map((name) => [name, filter[name]])),
    sort: more.sort,
    cursor: more.cursor,
  })

/** The filter in a sentence: `queue mail, tag nightly`. */
export const describeFilter = (filter: Filter): string =>
  FILTERS.filter((name) => filter[name] !== undefined)
    .map((name) => (name === 'q' ? `“${filter.q}”` : `${name} ${filter[name]}`))
    .join(', ')
