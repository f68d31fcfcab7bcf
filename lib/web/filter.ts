/** What the list of jobs is narrowed to, as it stands in the address bar and as it is typed. Pure. */
import { address } from './url.ts'
import type { Filter } from './api-types.ts'

export const FILTERS = ['state', 'queue', 'tag', 'q', 'error'] as const
export type FilterName = (typeof FILTERS)[number]

export function filterIn(query: URLSearchParams): Filter {
  return Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = query.get(name)
      return value ? [[name, value]] : []
    }),
  )
}

const QUALIFIER = /(?:^|\s)(state|queue|tag):(?:"([^"]*)"|(\S+))(?=\s|$)/g

/**
 * What was typed into the search: `queue:mail tag:nightly backup` narrows by queue and tag and looks for `backup`. Many
 * states are meant at once, of the others the last one counts.
 */
export function typed(text: string): { readonly found: Filter; readonly rest: string } {
  const found: Record<string, string> = {}
  const rest = text.replaceAll(QUALIFIER, (_all, name: string, quotedValue?: string, plain?: string) => {
    const value = quotedValue ?? plain ?? ''
    found[name] = name === 'state' && found.state ? `${found.state},${value}` : value
    return ' '
  })
  return { found, rest: rest.replaceAll(/\s+/g, ' ').trim() }
}

/** The address of the list so narrowed, always in one order, so that one view has one address. */
export const jobsAddress = (filter: Filter, more: { readonly sort?: string; readonly cursor?: string } = {}): string =>
  address('/jobs', {
    ...Object.fromEntries(FILTERS.map((name) => [name, filter[name]])),
    sort: more.sort,
    cursor: more.cursor,
  })

/** How the filter is said in a sentence: `queue mail, tag nightly`. */
export const said = (filter: Filter): string =>
  FILTERS.filter((name) => filter[name] !== undefined)
    .map((name) => (name === 'q' ? `“${filter.q}”` : `${name} ${filter[name]}`))
    .join(', ')
